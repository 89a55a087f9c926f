"""Changes of the files beside the Dockerfile: requirements, the build context, compose files."""

from __future__ import annotations

from msgspec import Struct


class MoveToDevelopment(Struct, frozen=True, kw_only=True):
    """Move requirements out of production, in the way of the file that declares them.

    ``held`` are requirements, such as ``h11<0.15``, that keep the versions of what stays.
    """

    names: tuple[str, ...]
    held: tuple[str, ...] = ()


class LeaveGroupsOut(Struct, frozen=True, kw_only=True):
    """Install projects without some groups and extras, and without requirements files.

    ``files`` are ``(development, production)`` paths as the commands name them; production is
    empty when the commands read its file anyway.
    """

    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


class MarkUnused(Struct, frozen=True, kw_only=True):
    """Mark requirements that nothing seems to use; they stay."""

    names: tuple[str, ...]


class IgnorePaths(Struct, frozen=True, kw_only=True):
    """Keep paths out of the build context: ``(pattern, reason)`` pairs, in order."""

    entries: tuple[tuple[str, str], ...]


class HardenService(Struct, frozen=True, kw_only=True):
    """Make the compose service fit for production.

    ``mounts`` are the targets of the mounts that leave; ``health_check`` replaces a health check
    whose program is no longer in the image (empty: unchanged); ``volumes`` are ``(name, target)``
    of named volumes for folders that must stay writable when ``read_only`` is set. ``restricted``
    drops capabilities and forbids new privileges.
    """

    service: str
    mounts: tuple[str, ...]
    health_check: tuple[str, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    read_only: bool = True
    restricted: bool = True


class AddDevelopment(Struct, frozen=True, kw_only=True):
    """Add ``Dockerfile.dev`` and, when the project has compose, a compose file for development.

    ``command`` is the start command with reload, empty when it stays. ``compose`` is the text of
    the compose file before it was made fit for production, ``source_mount`` the mount of the source
    and ``health_check`` the test of the service.
    """

    command: tuple[str, ...]
    compose: str = ""
    source_mount: str = ""
    health_check: tuple[str, ...] = ()
