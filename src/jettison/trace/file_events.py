"""The files that any process of a container opens, as the kernel tells them.

The kernel tells it to a process with CAP_SYS_ADMIN alone, and tells a container's files from others
where they are a file system of their own, as overlayfs is. Source: man7.org, fanotify(7),
fanotify_mark(2).
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import struct
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

_CLOSED_ON_EXEC, _NON_BLOCKING, _UNLIMITED_QUEUE = 0x1, 0x2, 0x10
_ADD, _WHOLE_FILE_SYSTEM = 0x1, 0x100
_OPENED, _OPENED_TO_RUN = 0x20, 0x1000
_HERE = -100
_HEAD = struct.Struct("=IBBHQii")
_OWN_ROOT = re.compile(r"^(?:\S+ ){4}/ .* - overlay ", re.MULTILINE)
_GONE = " (deleted)"
_BUFFER = 1 << 18
_WAIT = 0.1


class FileEvents:
    """Gathers paths, as the container has them, until it is closed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._closing = Event()
        self._paths: set[str] = set()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> frozenset[str]:
        """Give what was opened up to now, and listen no longer."""
        if not self._closing.is_set():
            self._closing.set()
            self._reader.join()
            os.close(self._descriptor)
        return frozenset(self._paths)

    def _read(self) -> None:
        while True:
            waiting, _, _ = select.select([self._descriptor], [], [], _WAIT)
            if waiting:
                with suppress(BlockingIOError):
                    self._note(os.read(self._descriptor, _BUFFER))
            elif self._closing.is_set():
                return

    def _note(self, events: bytes) -> None:
        position = 0
        while position < len(events):
            length, _, _, _, _, opened, _ = _HEAD.unpack_from(events, position)
            position += length
            if opened >= 0:
                path = str(Path(f"/proc/self/fd/{opened}").readlink())
                os.close(opened)
                if not path.endswith(_GONE):
                    self._paths.add(path)


def file_events(process: int) -> FileEvents | None:
    """Listen to what the container of a process of this machine opens; None if that cannot be."""
    if not process or not _has_own_root(process):
        return None
    libc = ctypes.CDLL(None)
    flags = _CLOSED_ON_EXEC | _NON_BLOCKING | _UNLIMITED_QUEUE
    try:
        descriptor = libc.fanotify_init(flags, os.O_RDONLY | getattr(os, "O_LARGEFILE", 0))
    except AttributeError:
        return None
    if descriptor < 0:
        return None
    wanted = ctypes.c_uint64(_OPENED | _OPENED_TO_RUN)
    root = f"/proc/{process}/root".encode()
    if libc.fanotify_mark(descriptor, _ADD | _WHOLE_FILE_SYSTEM, wanted, _HERE, root) < 0:
        os.close(descriptor)
        return None
    return FileEvents(descriptor)


def _has_own_root(process: int) -> bool:
    try:
        mounts = Path(f"/proc/{process}/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return bool(_OWN_ROOT.search(mounts))
