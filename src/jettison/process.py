"""The one place that runs other programs.

A program runs in a process group of its own, so that nothing of it is left when it takes too long
or when the user presses Ctrl-C. Results are values; a status other than zero is not an error here,
because only the caller knows what it means.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from msgspec import Struct

from jettison.errors import ProgramError
from jettison.process_group import deadline, group, pipe

_GRACE_SECONDS = 3.0
ENDING = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What tells a program to end: Ctrl-C, another program, the terminal that was closed."""


class Completed(Struct, frozen=True, kw_only=True):
    """A program that has ended. ``status`` is negative when a signal ended it."""

    command: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes
    seconds: float

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
    stdin: bytes = b"",
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Completed:
    """Run to the end and keep what the program wrote.

    ``environment`` is added to the one of this process. Raises ProgramError when the program is
    missing or is still running after ``timeout`` seconds.
    """
    begun = time.monotonic()
    with group(command, environment, directory, stderr=subprocess.PIPE) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired as late:
            raise _too_long(command, timeout) from late
    return Completed(
        command=tuple(command),
        status=process.returncode,
        stdout=stdout,
        stderr=stderr,
        seconds=time.monotonic() - begun,
    )


def follow(
    command: Sequence[str],
    on_line: Callable[[str], None],
    *,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Completed:
    """Run to the end and give every line to ``on_line`` as it is written.

    Standard error is part of the lines and of the result's ``stdout``. Raises ProgramError as
    ``run`` does.
    """
    begun = time.monotonic()
    with group(command, environment, directory, stderr=subprocess.STDOUT) as process:
        pipe(process.stdin).close()
        with deadline(process, timeout) as late:
            kept = list(_lines(process, on_line))
            process.wait()
    if late.is_set():
        raise _too_long(command, timeout)
    return Completed(
        command=tuple(command),
        status=process.returncode,
        stdout=b"".join(kept),
        stderr=b"",
        seconds=time.monotonic() - begun,
    )


@contextmanager
def piped(command: Sequence[str]) -> Iterator[IO[bytes]]:
    """Give the program's standard output as a stream, without holding it in memory.

    Leaving the block before the end of the stream stops the program. Raises ProgramError when the
    program is missing, or when it fails although its whole output was read.
    """
    with group(command, None, None, stderr=subprocess.PIPE) as process:
        pipe(process.stdin).close()
        stream = pipe(process.stdout)
        complaints: list[bytes] = []
        listener = threading.Thread(
            target=lambda: complaints.append(pipe(process.stderr).read()), daemon=True
        )
        listener.start()
        yield stream
        if stream.read(1):
            return
        status = process.wait()
        listener.join(_GRACE_SECONDS)
    if status:
        text = b"".join(complaints).decode("utf-8", "replace").strip()
        raise ProgramError(f"{' '.join(command[:3])} failed with status {status}", why=text)


def feed(command: Sequence[str], chunks: Iterable[bytes]) -> Completed:
    """Run to the end with ``chunks`` as standard input, without holding them in memory.

    An error that making the chunks raises stops the program. Raises ProgramError when the program
    is missing; one that ends before its input does has its status to tell.
    """
    begun = time.monotonic()
    with group(command, None, None, stderr=subprocess.PIPE) as process:
        # Taken away, so that communicate leaves it alone: it only has to read.
        stdin, process.stdin = pipe(process.stdin), None
        output: list[tuple[bytes, bytes]] = []
        listener = threading.Thread(
            target=lambda: output.append(process.communicate()), daemon=True
        )
        listener.start()
        with suppress(BrokenPipeError), stdin:
            for chunk in chunks:
                stdin.write(chunk)
        listener.join()
    stdout, stderr = output[0]
    return Completed(
        command=tuple(command),
        status=process.returncode,
        stdout=stdout,
        stderr=stderr,
        seconds=time.monotonic() - begun,
    )


def begin(
    command: Sequence[str],
    *,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program that stays; the caller ends it. It reads nothing.

    ``inherited`` are descriptors that it keeps open.
    """
    return subprocess.Popen(  # noqa: S603 - commands are lists that Jettison builds
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(inherited),
        start_new_session=True,
    )


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let clean-up in the block end in spite of signals: it must not stay half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = [signal.signal(number, signal.SIG_IGN) for number in ENDING]
    try:
        yield
    finally:
        for number, handler in zip(ENDING, previous, strict=True):
            signal.signal(number, handler)


def _lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> Iterator[bytes]:
    for line in pipe(process.stdout):
        on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
        yield line


def _too_long(command: Sequence[str], timeout: float | None) -> ProgramError:
    return ProgramError(
        f"{' '.join(command[:3])} did not end within {timeout:g} seconds",
        why="it was stopped",
        hint="Try again when the machine is less busy, or look for what it waits for.",
    )
