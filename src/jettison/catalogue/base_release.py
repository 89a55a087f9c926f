"""Releases of base images, and Debian's packages as dated facts."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from jettison.catalogue import resource, table
from jettison.catalogue.bases import BaseImages, DebianFacts, SystemPackages

ALPINE = "alpine"
_CODENAME = re.compile(r"(?:^|-)(jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid)(?:-|$)")
_SERIES = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


def debian_release(name: str) -> DebianFacts | None:
    """Return the facts about a release by its code name, None when there are none."""
    return table(SystemPackages).releases.facts.get(name)


def release_number(name: str) -> str:
    """Return the number of a release by its code name (``13``), the name when it is not known."""
    numbers = table(SystemPackages).releases.numbers
    return next((str(number) for number, known in numbers.items() if known == name), name)


def release_of(reference: str) -> str | None:
    """Return the Debian code name behind an image reference, ``alpine`` for Alpine, or None.

    Known are tags that name a release, and the official ``python``, ``debian``, ``alpine`` and
    ``buildpack-deps`` images: a ``python`` tag without a release name stands for the Debian release
    that was stable when that version of Python was last built. A reference without a tag is
    ``latest``. Other distributions, and names that say nothing, give None.
    """
    name, tag = _name_and_tag(reference)
    explicit = _CODENAME.search(tag)
    if explicit:
        return explicit[1]
    if re.search(r"(?:^|-)alpine", tag) or name == ALPINE:
        return ALPINE
    if name == "python":
        return _python_release(tag)
    return _debian_release(tag) if name in {"debian", "buildpack-deps"} else None


def _name_and_tag(reference: str) -> tuple[str, str]:
    path = reference.partition("@")[0]
    head, _, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    official = head in {"", "library", "docker.io", "docker.io/library", "index.docker.io/library"}
    return (name if official else ""), tag or "latest"


def _debian_release(tag: str) -> str | None:
    releases = table(SystemPackages).releases
    version = tag.partition("-")[0]
    alias: str | None = releases.aliases.get(version)
    return alias or releases.numbers.get(version.partition(".")[0])


def _python_release(tag: str) -> str | None:
    """Find the newest release on which the tag's version was built."""
    releases = table(SystemPackages).releases
    match = _SERIES.match(tag)
    if match is None:
        floating = tag.partition("-")[0] in {"latest", "slim"}
        return releases.newest if floating else None
    major, minor, patch = match.groups()
    if minor is None:
        return releases.newest if major == "3" else None
    for release, first in releases.python.items():
        since = first.get(f"{major}.{minor}")
        if since is not None and (patch is None or int(patch) >= since):
            return str(release)
    return None


RELEASES = ("trixie", "bookworm", "bullseye")
# Releases whose common packages were looked into, by tools/package_bytes.py.
MEASURED = ("trixie", "bookworm")
_KIBIBYTE = 1024
# What the files of a package take of its Installed-Size, with and without documentation: over the
# 1,224 packages of trixie that were looked into.
WHOLE_SHARE = 0.98
KEPT_SHARE = 0.91


class PackageFacts(Struct, frozen=True, kw_only=True):
    """A package: ``size`` in bytes by its Installed-Size; what it needs and recommends.

    Each need is the names of packages of which one is enough, the usual one first. ``whole`` are
    the bytes of its files and of dpkg's records of it, ``kept`` those without documentation and
    translations, which slim images omit, ``compiled`` the bytes of Python source that is
    compiled while it is installed; all three are None where the package was not looked into.
    """

    name: str
    size: int
    whole: int | None = None
    kept: int | None = None
    compiled: int | None = None
    needs: tuple[tuple[str, ...], ...]
    recommends: tuple[tuple[str, ...], ...]

    def bytes(self, *, documented: bool) -> int:
        """What it takes on an image with or without documentation, byte code included."""
        if self.whole is None or self.kept is None:
            return round(self.size * (WHOLE_SHARE if documented else KEPT_SHARE))
        files = self.whole if documented else self.kept
        byte_code: float = table(BaseImages).python.byte_code
        return files + round((self.compiled or 0) * byte_code)


class ReleaseFacts(Struct, frozen=True, kw_only=True):
    """What the catalogue says about a release.

    ``base`` names the packages of an official slim Python image, ``full`` those that the full one
    has beyond them; ``development`` maps a -dev package to its runtime libraries, ``libraries`` a
    file name (``libpq.so.5``) and ``programs`` a command to the package that ships it. ``source``
    says where and when this was read.
    """

    release: str
    source: str
    base: frozenset[str]
    full: frozenset[str]
    packages: Mapping[str, PackageFacts]
    development: Mapping[str, tuple[str, ...]]
    libraries: Mapping[str, str]
    programs: Mapping[str, str]

    def closure(
        self,
        names: Iterable[str],
        already: Collection[str] | None = None,
        *,
        recommends: bool = False,
    ) -> tuple[PackageFacts, ...]:
        """Return the known packages that installing ``names`` adds, ordered by name.

        ``already`` defaults to the slim base. Names that the catalogue does not have are omitted.
        """
        present = self.base if already is None else already
        found: dict[str, PackageFacts] = {}
        waiting = deque[tuple[str, ...]]((name,) for name in names)
        while waiting:
            alternatives = waiting.popleft()
            package = self.packages.get(alternatives[0])
            if package is None or any(name in found or name in present for name in alternatives):
                continue
            found[package.name] = package
            waiting.extend(package.needs)
            waiting.extend(package.recommends if recommends else ())
        return tuple(found[name] for name in sorted(found))


@cache
def facts_of(release: str) -> ReleaseFacts | None:
    """Return the facts about a Debian release by its code name, None when there are none."""
    if release not in RELEASES:
        return None
    lines = resource(f"debian/{release}.tsv").decode().splitlines()
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return ReleaseFacts(
        release=release,
        source=" ".join(comments[:2]),
        base=frozenset(row[1] for row in rows if row[0] == "base"),
        full=frozenset(row[1] for row in rows if row[0] == "full"),
        packages=_Packages(
            rows={row[1]: row for row in rows if row[0] == "package"}, measured=_measured(release)
        ),
        development=MappingProxyType(
            {row[1]: tuple(row[2].split()) for row in rows if row[0] == "development"}
        ),
        libraries=_pairs(rows, "library"),
        programs=_pairs(rows, "program"),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Packages(Mapping[str, PackageFacts]):
    """Packages by name, each read on request: a plan asks for few of thousands."""

    rows: Mapping[str, list[str]]
    measured: Mapping[str, tuple[int, int, int]]
    read: dict[str, PackageFacts] = field(default_factory=dict)

    def __getitem__(self, name: str) -> PackageFacts:
        if name not in self.read:
            self.read[name] = _package(self.rows[name], self.measured.get(name))
        return self.read[name]

    def __contains__(self, name: object) -> bool:
        return name in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def _measured(release: str) -> Mapping[str, tuple[int, int, int]]:
    """The bytes of packages that were looked into; empty for a release of which none was."""
    if release not in MEASURED:
        return {}
    lines = resource(f"debian/{release}-bytes.tsv").decode().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {name: (int(whole), int(kept), int(compiled)) for name, whole, kept, compiled in rows}


def _package(row: list[str], measured: tuple[int, int, int] | None) -> PackageFacts:
    _, name, kibibytes, needs, recommends, *_ = (*row, "", "")
    whole, kept, compiled = measured or (None, None, None)
    return PackageFacts(
        name=name,
        size=int(kibibytes) * _KIBIBYTE,
        whole=whole,
        kept=kept,
        compiled=compiled,
        needs=_alternatives(needs),
        recommends=_alternatives(recommends),
    )


def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(names.split("|")) for names in text.split())


def _pairs(rows: Iterable[list[str]], kind: str) -> Mapping[str, str]:
    return MappingProxyType({row[1]: row[2] for row in rows if row[0] == kind})
