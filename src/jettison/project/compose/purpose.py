"""What a mount is for: source code for development, a container engine's socket, or data."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from jettison.project.compose.values import ComposeMount, MountKind, Service

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")


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
