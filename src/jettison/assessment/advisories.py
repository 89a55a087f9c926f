"""Known vulnerabilities: advisories in OSV's format, and whether one affects a release.

Source: https://ossf.github.io/osv-schema/, "Evaluation".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from jettison.formats.debian_control import version_key

PYPI, DEBIAN = "PyPI", "Debian"
_BEGINNING, _NO_LIMIT = "0", "*"
# What orders releases: any two keys of one ecosystem can be compared.
Key = Any


class Event(Struct, frozen=True, kw_only=True):
    """One end of a range; exactly one of them is given."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None

    @property
    def version(self) -> str:
        """The release that it names."""
        return self.introduced or self.fixed or self.last_affected or self.limit or ""

    @property
    def turn(self) -> int:
        """Its turn among events of one release: one range ends before the next one begins."""
        return 0 if self.fixed is not None else 1 if self.introduced is not None else 2


class Range(Struct, frozen=True, kw_only=True):
    """Releases between events; ``type`` is ECOSYSTEM, SEMVER or GIT."""

    type: str = ""
    events: tuple[Event, ...] = ()


class Package(Struct, frozen=True, kw_only=True):
    """What is affected, such as PyPI's or ``Debian:12``'s; of Debian, the source package."""

    ecosystem: str = ""
    name: str = ""


class Affected(Struct, frozen=True, kw_only=True):
    """Releases of one package: those listed, and those in the ranges."""

    package: Package | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()


class Advisory(Struct, frozen=True, kw_only=True):
    """One document of OSV, as far as it is used."""

    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: tuple[str, ...] = ()
    summary: str = ""
    affected: tuple[Affected, ...] = ()
    database_specific: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its own name first, then those of the same vulnerability elsewhere."""
        # Debian's documents are named after the one CVE that they are about
        upstream = (self.id.removeprefix("DEBIAN-"),) if self.id.startswith("DEBIAN-CVE-") else ()
        return tuple(dict.fromkeys((self.id, *upstream, *self.aliases)))

    @property
    def severity(self) -> str:
        """What the database says in one word; empty when it says nothing."""
        found = self.database_specific
        said = found.get("severity") if isinstance(found, dict) else None
        return said.lower() if isinstance(said, str) else ""


class Hit(Struct, frozen=True, kw_only=True):
    """A release that an advisory affects, and the next one that it does not."""

    advisory: Advisory
    fixed: str = ""


def affecting(advisory: Advisory, ecosystem: str, name: str, version: str) -> Hit | None:
    """Tell whether a release is affected; a version that cannot be ordered is, where listed."""
    if advisory.withdrawn:
        return None
    for one in advisory.affected:
        if one.package is None or not _same(one.package, ecosystem, name):
            continue
        order = Version if ecosystem == PYPI else version_key
        inside = [each for each in one.ranges if _inside(each, version, order)]
        if inside or _listed(one.versions, version, order):
            fixes = (fix for each in inside or one.ranges for fix in _fixes(each, version, order))
            return Hit(advisory=advisory, fixed=min(fixes, key=order, default=""))
    return None


def package_key(ecosystem: str, name: str) -> tuple[str, str]:
    """Give what packages of an ecosystem and a name are found by, whatever its release."""
    family = ecosystem.partition(":")[0]
    return family, canonicalize_name(name) if family == PYPI else name


def _same(package: Package, ecosystem: str, name: str) -> bool:
    same_name = package_key(package.ecosystem, package.name) == package_key(ecosystem, name)
    return same_name and package.ecosystem in (ecosystem, ecosystem.partition(":")[0])


def _inside(found: Range, version: str, order: Callable[[str], Key]) -> bool:
    if found.type == "GIT":
        return False
    try:
        asked = order(version)
        limits = [one.limit for one in found.events if one.limit is not None]
        if limits and not any(one == _NO_LIMIT or asked < order(one) for one in limits):
            return False
        return _affected(found, asked, order)
    except InvalidVersion:
        return False


def _affected(found: Range, asked: Key, order: Callable[[str], Key]) -> bool:
    """Go through the events in the order of their releases, as the specification does."""
    ends = [one for one in found.events if one.limit is None]
    begins = [one for one in ends if one.introduced == _BEGINNING]
    rest = sorted(
        (one for one in ends if one.introduced != _BEGINNING),
        key=lambda one: (order(one.version), one.turn),
    )
    affected = bool(begins)
    for one in rest:
        if one.introduced is not None:
            affected |= asked >= order(one.introduced)
        elif one.fixed is not None:
            affected &= asked < order(one.fixed)
        elif one.last_affected is not None:
            affected &= asked <= order(one.last_affected)
    return affected


def _listed(versions: tuple[str, ...], version: str, order: Callable[[str], Key]) -> bool:
    if version in versions:
        return True
    try:
        asked = order(version)
    except InvalidVersion:
        return False
    return any(order(one) == asked for one in versions if _ordered(one, order))


def _ordered(version: str, order: Callable[[str], Key]) -> bool:
    try:
        order(version)
    except InvalidVersion:
        return False
    return True


def _fixes(found: Range, version: str, order: Callable[[str], Key]) -> Iterator[str]:
    if found.type == "GIT" or not _ordered(version, order):
        return
    for one in found.events:
        if one.fixed and _ordered(one.fixed, order) and order(one.fixed) > order(version):
            yield one.fixed
