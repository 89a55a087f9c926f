"""Front ends for lockfiles, one module per format, one value for all."""

from __future__ import annotations

from jettison.project.locks.find import locks
from jettison.project.locks.values import (
    DependencySet,
    Lock,
    LockedDependency,
    LockedDistribution,
    LockedFile,
    LockFormat,
    SourceKind,
)

__all__ = [
    "DependencySet",
    "Lock",
    "LockFormat",
    "LockedDependency",
    "LockedDistribution",
    "LockedFile",
    "SourceKind",
    "locks",
]
