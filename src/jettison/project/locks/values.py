"""What a lockfile pins: distributions, what they need, and the files they come from."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.values import Origin


class LockFormat(StrEnum):
    """Which tool's lockfile it is."""

    UV = "uv"
    POETRY = "poetry"
    PDM = "pdm"
    PIPFILE = "pipfile"
    PYLOCK = "pylock"
    REQUIREMENTS = "requirements"


class SourceKind(StrEnum):
    """Where a locked distribution comes from; ``virtual`` is a project that is not installed."""

    REGISTRY = "registry"
    URL = "url"
    GIT = "git"
    PATH = "path"
    EDITABLE = "editable"
    VIRTUAL = "virtual"


class LockedFile(Struct, frozen=True, kw_only=True):
    """A wheel or sdist; ``size`` in bytes when the lock says it; hashes are ``algorithm:hex``."""

    filename: str
    url: str = ""
    size: int | None = None
    hashes: tuple[str, ...] = ()


class LockedDependency(Struct, frozen=True, kw_only=True):
    """An edge to another distribution of the same lock; ``version`` only where several are."""

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""


class DependencySet(Struct, frozen=True, kw_only=True):
    """What an extra or a dependency group adds, by its name."""

    name: str
    dependencies: tuple[LockedDependency, ...]


class LockedDistribution(Struct, frozen=True, kw_only=True):
    """One pinned distribution.

    ``name`` is normalized; ``version`` is empty for a project without one. ``groups`` are the
    groups it is locked for, where the lock says so: ``main``, ``dev``, …. ``hashes`` are those
    of its files where the lock does not name the files. ``source`` is where it comes from and
    ``location`` the index, URL or path.
    """

    name: str
    version: str
    marker: str = ""
    requires_python: str = ""
    dependencies: tuple[LockedDependency, ...] = ()
    optional_dependencies: tuple[DependencySet, ...] = ()
    group_dependencies: tuple[DependencySet, ...] = ()
    groups: tuple[str, ...] = ()
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    hashes: tuple[str, ...] = ()
    source: SourceKind = SourceKind.REGISTRY
    location: str = ""
    origin: Origin


class Lock(Struct, frozen=True, kw_only=True):
    """A lockfile; ``members`` are the normalized names of the projects that share it."""

    file: str
    format: LockFormat
    requires_python: str = ""
    resolution_markers: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    distributions: tuple[LockedDistribution, ...]

    def named(self, name: str) -> tuple[LockedDistribution, ...]:
        """Return the distributions of a normalized name: one a resolution."""
        return tuple(one for one in self.distributions if one.name == name)
