"""A compiled requirements file as a lock; the notes of the lock tool give the edges."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from jettison.project.locks.values import (
    Lock,
    LockedDependency,
    LockedDistribution,
    LockFormat,
    SourceKind,
)
from jettison.project.requirements import RequirementLine, RequirementsFile


def lock_of(file: RequirementsFile) -> Lock:
    """Return the pinned requirements of a file with the edges that its ``via`` notes tell."""
    lines = [line for line in file.requirements if line.name]
    needs: dict[str, list[LockedDependency]] = {}
    for line in lines:
        for requirer in line.via:
            if not requirer.startswith("-") and "(" not in requirer:
                edge = LockedDependency(name=line.name, marker=line.marker)
                needs.setdefault(canonicalize_name(requirer.partition("[")[0]), []).append(edge)
    return Lock(
        file=file.file,
        format=LockFormat.REQUIREMENTS,
        distributions=tuple(_distribution(line, needs.get(line.name, [])) for line in lines),
    )


def _distribution(line: RequirementLine, needs: list[LockedDependency]) -> LockedDistribution:
    if line.editable:
        source = SourceKind.EDITABLE
    elif line.path:
        source = SourceKind.PATH
    elif line.url:
        source = SourceKind.GIT if line.url.startswith("git+") else SourceKind.URL
    else:
        source = SourceKind.REGISTRY
    return LockedDistribution(
        name=line.name,
        version=line.specifier.removeprefix("==") if line.specifier.startswith("==") else "",
        marker=line.marker,
        dependencies=tuple(needs),
        hashes=line.hashes,
        source=source,
        location=line.url or line.path,
        origin=line.origin,
    )
