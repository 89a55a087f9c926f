"""An engine whose containers of one image are watched from inside."""

from __future__ import annotations

import ctypes
import os
import re
import select
import struct
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self, Unpack

from jettison.engines import (
    Bind,
    Container,
    ContainerState,
    Engine,
    Execution,
    RunOptions,
    Stopped,
)
from jettison.processes import Completed
from jettison.values import replace
from jettison.verify.interior import hooked, script_text
from jettison.verify.time_limit import DelegatingEngine

_CLOSED_ON_EXEC, _NON_BLOCKING, _UNLIMITED_QUEUE = 0x1, 0x2, 0x10
_ADD, _FORGET_ALL, _WHOLE_FILE_SYSTEM = 0x1, 0x80, 0x100
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
            # who opens files without end would keep the reader from an end
            _mark(self._descriptor, _FORGET_ALL, 0, None)
            self._closing.set()
            self._reader.join()
            os.close(self._descriptor)
        return frozenset(self._paths)

    def _read(self) -> None:
        while True:
            closing = self._closing.is_set()
            waiting, _, _ = select.select([self._descriptor], [], [], 0 if closing else _WAIT)
            if waiting:
                with suppress(BlockingIOError):
                    self._note(os.read(self._descriptor, _BUFFER))
            elif closing:
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
    root = f"/proc/{process}/root".encode()
    if not _mark(descriptor, _ADD, _OPENED | _OPENED_TO_RUN, root):
        os.close(descriptor)
        return None
    return FileEvents(descriptor)


def _mark(descriptor: int, change: int, wanted: int, root: bytes | None) -> bool:
    mark = ctypes.CDLL(None).fanotify_mark
    flags = change | _WHOLE_FILE_SYSTEM
    return bool(mark(descriptor, flags, ctypes.c_uint64(wanted), _HERE, root) == 0)


def _has_own_root(process: int) -> bool:
    try:
        mounts = Path(f"/proc/{process}/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return bool(_OWN_ROOT.search(mounts))


HOOK = "jettison_trace.pth"
_NOTED = "/jettison-noted"
_FOLDER = "/jettison-trace"


def hook_binds(folder: Path, site: str) -> tuple[Bind, ...]:
    """Have every Python process of an image load the hook, whatever its options."""
    return hooked(folder, _FOLDER, HOOK, site, script_text("hook", {}))


class WatchingEngine(DelegatingEngine):
    """Another engine, and the paths that its containers of ``image`` touch, in ``noted``.

    ``binds`` mount the hook.
    """

    def __init__(self, engine: Engine, image: str, binds: tuple[Bind, ...]) -> None:
        super().__init__(engine)
        self._image = image
        self._binds = binds
        self.noted: set[str] = set()
        self.kernel_tells = False

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container, with the hook where it is one of the watched image."""
        if image != self._image:
            return super().run(image, options)
        watched = replace(
            options,
            binds=(*options.binds, *self._binds),
            tmpfs=(*options.tmpfs, f"{_NOTED}:mode=1777"),
        )
        container = super().run(image, watched)
        events = file_events(container.state().process)
        self.kernel_tells = self.kernel_tells or events is not None
        return _Watched(container, self.noted, events)


class _Watched:
    """A container whose notes are collected before it ends."""

    def __init__(self, container: Container, noted: set[str], events: FileEvents | None) -> None:
        self._container = container
        self._noted = noted
        self._events = events

    @property
    def id(self) -> str:
        return self._container.id

    def __enter__(self) -> Self:
        self._container.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        try:
            self._collect()
        finally:
            self._container.__exit__(*failure)

    def address(self, port: int) -> tuple[str, int]:
        return self._container.address(port)

    def state(self) -> ContainerState:
        return self._container.state()

    def execute(self, command: tuple[str, ...], **how: Unpack[Execution]) -> Completed:
        return self._container.execute(command, **how)

    def logs(self) -> str:
        return self._container.logs()

    def streams(self) -> tuple[str, str]:
        return self._container.streams()

    def memory(self) -> int:
        return self._container.memory()

    def stop(self, *, grace: float) -> Stopped:
        self._collect()
        return self._container.stop(grace=grace)

    def restart(self) -> None:
        self._container.restart()

    def _collect(self) -> None:
        if self._events:
            self._noted |= self._events.close()
        if not self._container.state().running:
            return
        text = script_text("hook", {"folder": _NOTED})
        for interpreter in ("python", "python3"):
            done = self._container.execute((interpreter, "-S", "-B", "-c", text))
            if done.status == 0:
                lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
                self._noted.update(line for line in lines if line)
                return
