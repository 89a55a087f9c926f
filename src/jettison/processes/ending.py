"""How running programs end: as one group with all that they started, and by which signal."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jettison.errors import EngineError, ProgramError
from jettison.values import whole_number

_GRACE_SECONDS = 3.0
_SPARE_SECONDS = 2 * _GRACE_SECONDS
PIECE = 2**16


def limit(process: int, memory: int, seconds: float | None) -> None:
    """Let a program that has just begun take no more bytes, where the system can do that.

    It computes no longer than ``seconds`` either, also when nobody is left to end it.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  # not there on every system

        limits = {resource.RLIMIT_DATA: memory}
        if seconds is not None:
            limits[resource.RLIMIT_CPU] = int(seconds) * (os.cpu_count() or 1)
        for kind, most in limits.items():
            with suppress(OSError):
                resource.prlimit(process, kind, (most, most))


@contextmanager
def deadline(process: subprocess.Popen[bytes], timeout: float | None) -> Iterator[threading.Event]:
    """End the program after ``timeout`` seconds; the event tells whether that happened."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        end_group(process)

    timer = threading.Timer(timeout, stop) if timeout is not None else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield late
    finally:
        if timer:
            timer.cancel()


@contextmanager
def group(
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    directory: Path | None,
    *,
    stderr: int,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; whatever ends the block ends its whole process group."""
    try:
        process = subprocess.Popen(  # noqa: S603 - commands are lists that Jettison builds
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            cwd=directory,
            start_new_session=True,
        )
    except FileNotFoundError as missing:
        raise ProgramError(
            f"the program {command[0]!r} was not found",
            why="it is not on the search path (PATH)",
            hint=f"Install {command[0]} or add its folder to PATH.",
        ) from missing
    try:
        yield process
    finally:
        end_group(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(OSError):
                    stream.close()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started, by force if it does not end by itself."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_children() -> None:
    """End by force all groups that this process has begun.

    That is for one that was interrupted, maybe before it knew what it had begun.
    """
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for number in listed.read_text("ascii").split():
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(int(number), signal.SIGKILL)


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Give a stream that was opened as a pipe."""
    assert stream is not None  # noqa: S101 - all three are opened as pipes; only mypy cannot know
    return stream


def give_input(
    process: subprocess.Popen[bytes], stdin: bytes | IO[bytes] | Generator[bytes]
) -> None:
    """Write all that a program is to read, unless it closes its input before.

    The input has no end when it could not be made whole: the program must not take it for that.
    """
    input_ = pipe(process.stdin)
    with suppress(BrokenPipeError):
        if isinstance(stdin, bytes):
            input_.write(stdin)
        elif isinstance(stdin, Generator):
            input_.writelines(stdin)
        else:
            shutil.copyfileobj(stdin, input_, PIECE)
    with suppress(BrokenPipeError):
        input_.close()


def all_ended(readers: Iterable[threading.Thread], until: float | None) -> bool:
    """Wait for the ends of streams, or until a moment.

    What the program started may hold its streams open when it has ended itself.
    """
    for reader in readers:
        reader.join(until and max(0.0, until - time.monotonic()) + _SPARE_SECONDS)
    return not any(reader.is_alive() for reader in readers)


_STATUS = re.compile(r"^(NSpid|SigBlk|SigIgn|SigCgt):\s*(.+)$", re.MULTILINE)
# The number of rt_sigtimedwait on x86-64 and on arm64.
_SIGWAIT = frozenset({"128", "137"})


def signal_number(name: str) -> int:
    """Return the number of ``SIGTERM``, ``TERM`` or ``15``; SIGTERM for nothing."""
    if not name:
        return signal.SIGTERM
    number = whole_number(name)
    full = name if name.startswith("SIG") else f"SIG{name}"
    if number is None and full in signal.Signals.__members__:
        return signal.Signals[full]
    if number is None or number not in range(1, signal.NSIG):
        raise EngineError(f"the image's stop signal {name[:40]!r} is unknown")
    return number


def is_deaf(process: int, number: int) -> bool:
    """Whether a process of this machine never hears a signal, as far as the kernel tells.

    The first process of a container gets no signal that it neither handles nor waits for
    (pid_namespaces(7)), and nothing gets one that it ignores.
    """
    try:
        status = dict(_STATUS.findall(Path(f"/proc/{process}/status").read_text("ascii")))
    except (OSError, ValueError):
        return False
    if status.keys() < {"NSpid", "SigBlk", "SigIgn", "SigCgt"}:
        return False
    waited, ignored, handled = (
        int(status[name], 16) >> (number - 1) & 1 for name in ("SigBlk", "SigIgn", "SigCgt")
    )
    first = status["NSpid"].split()
    deaf = not (waited or handled) and bool(ignored or (len(first) > 1 and first[-1] == "1"))
    return deaf and not _waits_for_signals(process)


def _waits_for_signals(process: int) -> bool:
    """Whether a thread is in sigwait(3), during which the kernel lists no signal as blocked."""
    for task in Path(f"/proc/{process}/task").glob("*/syscall"):
        with suppress(OSError):
            if task.read_text("ascii").partition(" ")[0] in _SIGWAIT:
                return True
    return False
