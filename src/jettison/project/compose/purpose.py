"""What a mount is for: source code for development, a container engine's socket, or data."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator

from jettison.project.compose.values import ComposeMount, MountKind, Service

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")


def source_mounts(
    service: Service, app_folder: str, is_code: Callable[[str], bool]
) -> Iterator[ComposeMount]:
    """Yield the mounts that put the host's source code over the image's.

    ``app_folder`` is where the image has the application. ``is_code`` says whether a folder of the
    host, as the mount writes it (relative to the compose file), holds code; it is asked for
    mounts below the application's folder. A mount of the build context is one wherever it goes.
    """
    context = _folder(service.build.context) if service.build else None
    for mount in service.volumes:
        if mount.kind is not MountKind.BIND:
            continue
        over_all = _folder(mount.source) == context or contains(mount.target, app_folder)
        if over_all or (contains(app_folder, mount.target) and is_code(mount.source)):
            yield mount


def socket_mounts(service: Service) -> Iterator[ComposeMount]:
    """Yield the mounts of a container engine's socket."""
    for mount in service.volumes:
        if mount.kind is MountKind.BIND and posixpath.basename(mount.source) in _SOCKETS:
            yield mount


def shields(service: Service, gone: Collection[ComposeMount]) -> Iterator[ComposeMount]:
    """Yield the anonymous volumes that only keep something out of a mount that goes."""
    for mount in service.volumes:
        if mount.kind is MountKind.ANONYMOUS and any(
            contains(over.target, mount.target) for over in gone
        ):
            yield mount


def contains(folder: str, path: str) -> bool:
    """Whether an absolute path is a folder or lies in it."""
    folder, path = posixpath.normpath(folder), posixpath.normpath(path)
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _folder(written: str) -> str:
    return posixpath.normpath(written)
