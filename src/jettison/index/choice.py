"""Which release and which wheel an installer would take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from jettison.index.facts import DistributionFacts, WheelFile
from jettison.index.listing import Release
from jettison.index.target import Target


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
        return f"no {libc} wheel, only {_platforms(linux)}"
    if not same_machine:
        return f"no {libc} wheel for {target.architecture}, only {_platforms(same_libc)}"
    return (
        f"no wheel for Python {target.python} on {libc} {target.libc_version}, "
        f"only {', '.join(sorted(same_machine)[-3:])}"
    )


def _platforms(tags: Iterable[str]) -> str:
    return ", ".join(sorted({tag.rpartition("-")[2] for tag in tags})[-3:])


def newest(
    offered: Mapping[Version, Release],
    specifiers: SpecifierSet,
    target: Target,
    avoid: Collection[Version] = (),
) -> Release | None:
    """Find the release an installer takes: the newest that specifiers and Python admit.

    Whether it has a fitting wheel does not matter, as it does not to pip and uv, which build from
    source then. A yanked release is taken only for an exact pin; a pre-release only when the
    specifiers ask for it or nothing else is there. ``avoid`` holds versions that were tried and
    failed.
    """
    versions = sorted(specifiers.filter(offered), reverse=True)
    candidates = (offered[version] for version in versions if version not in avoid)
    return next(
        (one for one in candidates if _allowed(one, specifiers) and _runs_on(one, target)), None
    )


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
    return specifiers.contains(python)
