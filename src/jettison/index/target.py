"""Where distributions are installed, and which file of a release fits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Literal

from msgspec import Struct
from packaging.markers import Environment, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import compatible_tags, cpython_tags
from packaging.version import Version

from jettison.index import DistributionFacts, WheelFile
from jettison.index.listing import Release

_NEWEST_PATCH = 99
_AT_A_TIME = 50
# PEP 600: the older names are aliases of a glibc version.
_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
# The oldest glibc for which wheels of an architecture exist.
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}


class Target(Struct, frozen=True, kw_only=True):
    """A CPython on Linux.

    ``python`` is ``major.minor`` or ``major.minor.patch``; without a patch the newest is meant, as
    the tags of official images mean it. ``libc_version`` is glibc's (``2.41``) or musl's (``1.2``).
    """

    python: str
    architecture: str = "x86_64"
    libc: Literal["glibc", "musl"] = "glibc"
    libc_version: str = "2.36"

    @property
    def python_minor(self) -> str:
        """``major.minor`` of the Python version."""
        return ".".join(self.python.split(".")[:2])

    @property
    def python_full(self) -> str:
        """The Python version with a patch; an unknown one is later than all there are."""
        return self.python if self.python.count(".") > 1 else f"{self.python}.{_NEWEST_PATCH}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Wheel tags that can be installed, the best fitting first."""
        return _tags(self)

    @property
    def markers(self) -> Environment:
        """Values of the environment markers (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python_full,
            "os_name": "posix",
            "platform_machine": self.architecture,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.python_full,
            "python_version": self.python_minor,
            "sys_platform": "linux",
        }

    def fulfils(self, marker: Marker | None, extras: tuple[str, ...] = ()) -> bool:
        """Whether a requirement with this marker applies with these extras."""
        if marker is None:
            return True
        return any(_holds(self, marker, extra) for extra in ("", *extras))


@lru_cache(maxsize=65536)
def _holds(target: Target, marker: Marker, extra: str) -> bool:
    """Evaluate a marker once: a graph is walked again whenever something is learned for it."""
    values = {name: str(value) for name, value in target.markers.items()}
    return marker.evaluate(values | {"extra": extra})


@cache
def _tags(target: Target) -> tuple[str, ...]:
    major, minor = (int(part) for part in target.python.split(".")[:2])
    interpreter = f"cp{major}{minor}"
    platforms = list(_platforms(target))
    found = [
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    ]
    return tuple(dict.fromkeys(str(tag) for tag in found))


def _platforms(target: Target) -> Iterator[str]:
    major, minor = (int(part) for part in target.libc_version.split(".")[:2])
    if target.libc == "musl":
        yield from (f"musllinux_{major}_{n}_{target.architecture}" for n in range(minor, -1, -1))
    else:
        oldest = _OLDEST_GLIBC.get(target.architecture, 17)
        for number in range(minor, oldest - 1, -1):
            yield f"manylinux_{major}_{number}_{target.architecture}"
            if number in _OLD_NAMES:
                yield f"{_OLD_NAMES[number]}_{target.architecture}"
    yield f"linux_{target.architecture}"


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a wheel can be installed, and one sentence with the reason."""

    compatible: bool
    reason: str


def compatible(facts: DistributionFacts, target: Target) -> Verdict:
    """Judge the wheels of a release for a target.

    A release without wheels, or with none that fits, is not compatible: it would be built from
    source. Facts that do not know the release's wheels are not compatible either, and say so.
    """
    label = f"{facts.name} {facts.version}"
    if facts.sdist_only:
        return Verdict(compatible=False, reason=f"{label} has no wheel, only a source distribution")
    if not facts.wheels:
        return Verdict(compatible=False, reason=f"the wheels of {label} are not known")
    best = best_wheel(facts.wheels, target)
    if best is not None:
        return Verdict(compatible=True, reason=f"{label} has a {best[1]} wheel")
    return Verdict(compatible=False, reason=f"{label} has {_nearest(facts.wheels, target)}")


def may_compile(facts: DistributionFacts | None, target: Target) -> bool:
    """Whether a distribution is built from source, or nothing says that it is not."""
    if facts is None:
        return True
    return facts.compiles is not False and not compatible(facts, target).compatible


def best_wheel(wheels: Iterable[WheelFile], target: Target) -> tuple[WheelFile, str] | None:
    """Find the wheel whose tag comes first in the target's order, with that tag."""
    order = _order(target)
    ranked = [
        (order[tag], wheel.filename, wheel, tag)
        for wheel in wheels
        for tag in wheel.tags
        if tag in order
    ]
    if not ranked:
        return None
    _, _, wheel, tag = min(ranked, key=lambda one: one[:2])
    return wheel, tag


@cache
def _order(target: Target) -> Mapping[str, int]:
    return {tag: place for place, tag in enumerate(target.tags)}


def _nearest(wheels: Iterable[WheelFile], target: Target) -> str:
    """Say what is there instead of a fitting wheel, the most telling part first."""
    libc = "musllinux" if target.libc == "musl" else "manylinux"
    tags = {tag for wheel in wheels for tag in wheel.tags}
    linux = {tag for tag in tags if "linux" in tag.rpartition("-")[2]}
    same_libc = {tag for tag in linux if tag.rpartition("-")[2].startswith(libc)}
    same_machine = {tag for tag in same_libc if tag.endswith(target.architecture)}
    if not linux:
        return "no wheel for Linux"
    if not same_libc:
        return f"no {libc} wheel, only {_platform_tags(linux)}"
    if not same_machine:
        return f"no {libc} wheel for {target.architecture}, only {_platform_tags(same_libc)}"
    return (
        f"no wheel for Python {target.python} on {libc} {target.libc_version}, "
        f"only {', '.join(sorted(same_machine)[-3:])}"
    )


def _platform_tags(tags: Iterable[str]) -> str:
    return ", ".join(sorted({tag.rpartition("-")[2] for tag in tags})[-3:])


def newest(
    offered: Mapping[Version, Release], specifiers: SpecifierSet, target: Target
) -> Release | None:
    """Find the release an installer takes: the newest that specifiers and Python admit.

    Whether it has a fitting wheel does not matter, as it does not to pip and uv, which build from
    source then. A yanked release is taken only for an exact pin; a pre-release only when the
    specifiers ask for it or nothing else is there.
    """
    versions = sorted(_of_specifiers(offered, specifiers), reverse=True)
    candidates = (offered[version] for version in versions)
    return next(
        (one for one in candidates if _allowed(one, specifiers) and _runs_on(one, target)), None
    )


def _of_specifiers(offered: Iterable[Version], specifiers: SpecifierSet) -> Iterable[Version]:
    """Filter by a few specifiers at a time, as each of a set is compared with all before it."""
    rest = iter(specifiers)
    while part := tuple(islice(rest, _AT_A_TIME)):
        offered = list(SpecifierSet(part).filter(offered, prereleases=True))
    return SpecifierSet(prereleases=specifiers.prereleases).filter(offered)


def representative_wheel(wheels: Collection[WheelFile], target: Target) -> WheelFile | None:
    """Choose the wheel to read facts from: the one that fits, else one as near as there is."""
    best = best_wheel(wheels, target)
    if best is not None:
        return best[0]
    return min(wheels, key=lambda wheel: _distance(wheel, target), default=None)


def _distance(wheel: WheelFile, target: Target) -> tuple[bool, bool, bool, int, str]:
    platforms = [tag.rpartition("-")[2] for tag in wheel.tags]
    return (
        not any("linux" in platform for platform in platforms),
        not any(platform.endswith(target.architecture) for platform in platforms),
        not any(platform.startswith("manylinux") for platform in platforms),
        wheel.size or 0,
        wheel.filename,
    )


def _allowed(release: Release, specifiers: SpecifierSet) -> bool:
    return not release.yanked or any(one.operator in {"==", "==="} for one in specifiers)


def _runs_on(release: Release, target: Target) -> bool:
    """Whether at least one file admits the target's Python."""
    return any(_admits(file.requires_python, target.python_full) for file in release.files)


@lru_cache(maxsize=1024)
def _admits(requires_python: str, python: str) -> bool:
    try:
        specifiers = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return all(one.contains(python) for one in specifiers)
