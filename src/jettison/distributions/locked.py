"""What a lockfile says of wheels, for the map: versions are fixed and listings are spared."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.markers import InvalidMarker, Marker

from jettison.distributions.facts import WheelFile
from jettison.distributions.listing import wheel_tags
from jettison.distributions.map import LockedRelease
from jettison.distributions.target import Target
from jettison.project.locks.values import Lock, LockedDistribution, LockedFile, SourceKind


def locked_releases(lock: Lock, target: Target) -> dict[str, LockedRelease]:
    """Give the release of every distribution that the lock takes from an index, by name.

    Of a name that is locked more than once, the one whose marker holds for the target counts.
    Wheels without an address are left out, so that the index is asked for them.
    """
    usable = [one for one in lock.distributions if _usable(one, target)]
    return {
        one.name: LockedRelease(version=one.version, wheels=tuple(_wheels(one.wheels)))
        for one in reversed(usable)
    }


def _usable(one: LockedDistribution, target: Target) -> bool:
    if one.source is not SourceKind.REGISTRY or not one.version:
        return False
    try:
        return target.fulfils(Marker(one.marker) if one.marker else None)
    except InvalidMarker:
        return True


def _wheels(files: Iterable[LockedFile]) -> Iterable[WheelFile]:
    for file in files:
        tags = wheel_tags(file.filename)
        if tags and file.url.startswith(("https://", "http://")):
            yield WheelFile(
                filename=file.filename,
                url=file.url,
                tags=tags,
                size=file.size,
                sha256=_sha256(file.hashes),
            )


def _sha256(hashes: Iterable[str]) -> str:
    prefix = "sha256:"
    return next((one.removeprefix(prefix) for one in hashes if one.startswith(prefix)), "")
