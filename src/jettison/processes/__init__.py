"""The one place that runs other programs; work that runs concurrently.

A program runs in a process group of its own, so that nothing of it is left when it takes too long
or when the user presses Ctrl-C. Results are values; a status other than zero is not an error here,
because only the caller knows what it means.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from jettison.errors import ENDING, ProgramError
from jettison.processes.ending import (
    PIECE,
    all_ended,
    deadline,
    end_group,
    give_input,
    group,
    limit,
    pipe,
)

_GRACE_SECONDS = 3.0
# A program that has written all it will needs no longer to end.
_ENDED_SECONDS = 0.5
# In memory of one stream, where several programs run at once; and of what goes to a file.
_KEPT_BYTES, _WRITTEN_BYTES = 64 * 2**20, 512 * 2**20
_KEPT_LINES = 50_000
_LONGEST_LINE = 2**12
STREAM_SECONDS = 3600.0
# The folder in which helpers start: nobody but root writes there.
NEUTRAL = Path("/")
CONFINE = "jettison.engines.embedded.launch:confine"
"""The helper that becomes a program without network and further rights."""
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


class Completed(Struct, frozen=True, kw_only=True):
    """A program that has ended. ``status`` is negative when a signal ended it."""

    command: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text, without white space around it."""
        return self.stdout.decode("utf-8", "replace").strip()

    @property
    def error_text(self) -> str:
        """Standard error as text, without white space around it."""
        return self.stderr.decode("utf-8", "replace").strip()


def installed(program: str) -> bool:
    """Whether the program is on the search path."""
    return shutil.which(program) is not None


def run(
    command: Sequence[str],
    *,
    stdin: bytes | IO[bytes] | Generator[bytes] = b"",
    into: IO[bytes] | None = None,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    bare: bool = False,
    memory: int | None = None,
) -> Completed:
    """Run to the end and keep what the program wrote, up to 64 MiB of each stream.

    With ``into`` standard output is written there instead, up to 512 MiB. A generator makes
    ``stdin`` while it is read, so that it is not held in memory; an error of it stops the program
    before its input ends.
    ``environment`` is added to the one of this process, or with ``bare`` to nothing. A program
    that takes more than ``memory`` bytes fails, where the system can limit it; such a one ends when
    it has computed for too long, though this process be gone. Raises
    ProgramError when the program is missing, writes more than that, or is still running after
    ``timeout`` seconds.
    """
    begun = time.monotonic()
    kept: tuple[list[bytes], list[bytes]] = ([], [])
    keeps = (into.write if into else kept[0].append, kept[1].append)
    most = (_WRITTEN_BYTES if into else _KEPT_BYTES, _KEPT_BYTES)
    full = threading.Event()
    given = environment or {}
    whole = given if bare else {**os.environ, **given}
    with group(command, whole, directory, stderr=subprocess.PIPE) as process:
        if memory is not None:
            limit(process.pid, memory, timeout)
        streams = (pipe(process.stdout), pipe(process.stderr))
        readers = [
            threading.Thread(target=_keep, args=(*each, process, full), daemon=True)
            for each in zip(streams, keeps, most, strict=True)
        ]
        with deadline(process, timeout) as late:
            for reader in readers:
                reader.start()
            try:
                give_input(process, stdin)
            except BaseException:
                # Whoever reads a stream that is closed reads what gets its number next.
                end_group(process)
                all_ended(readers, begun)
                raise
            if all_ended(readers, timeout and begun + timeout):
                process.wait()
            else:
                late.set()
    if full.is_set():
        raise ProgramError(
            f"{' '.join(command[:3])} wrote more than {most[0] >> 20} MiB", why="it was stopped"
        )
    if late.is_set():
        raise _too_long(command, timeout)
    stdout, stderr = (b"".join(pieces) for pieces in kept)
    return Completed(
        command=tuple(command), status=process.returncode, stdout=stdout, stderr=stderr
    )


def follow(
    command: Sequence[str],
    on_line: Callable[[str], None],
    *,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Completed:
    """Run to the end and give every line to ``on_line`` as it is written.

    A line of more than 4 KiB is given in parts. Standard error is part of the lines and of the
    result's ``stdout``, which has the last 50,000 of them. Raises ProgramError as ``run`` does.
    """
    whole = {**os.environ, **(environment or {})}
    with group(command, whole, None, stderr=subprocess.STDOUT) as process:
        pipe(process.stdin).close()
        with deadline(process, timeout) as late:
            kept = deque(_lines(process, on_line), maxlen=_KEPT_LINES)
            process.wait()
    if late.is_set():
        raise _too_long(command, timeout)
    return Completed(
        command=tuple(command), status=process.returncode, stdout=b"".join(kept), stderr=b""
    )


def helper(program: str, *arguments: str) -> tuple[str, ...]:
    """Return a command that calls a function of Jettison with words and exits with that.

    ``program`` is its module, with a colon and its name unless that is ``main``. Nothing of the
    current folder, of the environment, or of a user's own packages takes the place of a module. It
    is to be run in the folder ``NEUTRAL`` with ``helper_environment``.
    """
    places = dict.fromkeys(
        str(place) for place in (Path(__file__).parents[2], Path(msgspec.__file__).parents[1])
    )
    module, _, name = program.partition(":")
    script = (
        f"import sys; sys.path += {list(places)!r}; from {module} import {name or 'main'} as main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    return (sys.executable, "-I", "-S", "-X", "utf8", "-c", script, *arguments)


def helper_environment() -> dict[str, str]:
    """Return what a helper needs of the environment: where programs and libraries are."""
    return {name: os.environ[name] for name in _NEEDED if name in os.environ}


@contextmanager
def piped(command: Sequence[str]) -> Iterator[IO[bytes]]:
    """Give the program's standard output as a stream, without holding it in memory.

    Leaving the block before the end of the stream stops the program. Raises ProgramError when the
    program is missing, when it fails although its whole output was read, or when it is not at its
    end within an hour.
    """
    with (
        group(command, None, None, stderr=subprocess.PIPE) as process,
        deadline(process, STREAM_SECONDS) as late,
    ):
        pipe(process.stdin).close()
        stream = pipe(process.stdout)
        complaints: list[bytes] = []
        listener = threading.Thread(
            target=lambda: complaints.append(pipe(process.stderr).read()), daemon=True
        )
        listener.start()
        try:
            yield stream
        except Exception as broken:
            # What was cut off is not whole, which is no fault of what it holds.
            if late.is_set():
                raise _too_long(command, STREAM_SECONDS) from broken
            with suppress(subprocess.TimeoutExpired):
                if status := process.wait(_ENDED_SECONDS):
                    listener.join(_GRACE_SECONDS)
                    raise _failed(command, status, complaints) from broken
            raise
        if stream.read(1):
            return
        status = process.wait()
        listener.join(_GRACE_SECONDS)
    if late.is_set():
        raise _too_long(command, STREAM_SECONDS)
    if status:
        raise _failed(command, status, complaints)


def begin(
    command: Sequence[str],
    *,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a helper that stays; the caller ends it. It reads nothing.

    ``inherited`` are descriptors that it keeps open. See ``helper`` for its environment.
    """
    return subprocess.Popen(  # noqa: S603 - commands are lists that Jettison builds
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(inherited),
        env=helper_environment(),
        cwd=NEUTRAL,
        start_new_session=True,
    )


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let clean-up in the block end in spite of signals; one that came takes effect after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    previous = [signal.signal(number, lambda one, _: came.append(one)) for number in heard]
    try:
        yield
    finally:
        for number, handler in zip(heard, previous, strict=True):
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _keep(
    stream: IO[bytes],
    keep: Callable[[bytes], object],
    left: int,
    process: subprocess.Popen[bytes],
    full: threading.Event,
) -> None:
    """Read a stream to its end; a program that writes too much is ended."""
    # not through the buffer of the stream, which cannot be closed while somebody reads
    with suppress(OSError, ValueError):
        while piece := os.read(stream.fileno(), PIECE):
            left -= len(piece)
            if left < 0:
                full.set()
                end_group(process)
                return
            keep(piece)


def _lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> Iterator[bytes]:
    stream = pipe(process.stdout)
    while line := stream.readline(_LONGEST_LINE):
        on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
        yield line


def _failed(command: Sequence[str], status: int, complaints: Iterable[bytes]) -> ProgramError:
    text = b"".join(complaints).decode("utf-8", "replace").strip()
    return ProgramError(f"{' '.join(command[:3])} failed with status {status}", why=text)


def _too_long(command: Sequence[str], timeout: float | None) -> ProgramError:
    return ProgramError(
        f"{' '.join(command[:3])} did not end within {timeout:g} seconds",
        why="it was stopped",
        hint="Try again when the machine is less busy, or look for what it waits for.",
    )
