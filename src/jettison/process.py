"""The one place that runs other programs.

A program runs in a process group of its own, so that nothing of it is left when it takes too long
or when the user presses Ctrl-C. Results are values; a status other than zero is not an error here,
because only the caller knows what it means.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from jettison.errors import ProgramError

_GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
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
    with _group(command, environment, directory, stderr=subprocess.PIPE) as process:
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
    with _group(command, environment, directory, stderr=subprocess.STDOUT) as process:
        _pipe(process.stdin).close()
        with _deadline(process, timeout) as late:
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
    with _group(command, None, None, stderr=subprocess.PIPE) as process:
        _pipe(process.stdin).close()
        stream = _pipe(process.stdout)
        complaints: list[bytes] = []
        listener = threading.Thread(
            target=lambda: complaints.append(_pipe(process.stderr).read()), daemon=True
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
    with _group(command, None, None, stderr=subprocess.PIPE) as process:
        # Taken away, so that communicate leaves it alone: it only has to read.
        stdin, process.stdin = _pipe(process.stdin), None
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
    """Let work in the block end in spite of Ctrl-C: for cleaning up, which must not stay half."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> Iterator[bytes]:
    for line in _pipe(process.stdout):
        on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
        yield line


@contextmanager
def _deadline(process: subprocess.Popen[bytes], timeout: float | None) -> Iterator[threading.Event]:
    late = threading.Event()

    def stop() -> None:
        late.set()
        _end_group(process)

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
def _group(
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
            env={**os.environ, **(environment or {})},
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
        _end_group(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(OSError):
                    stream.close()


def _end_group(process: subprocess.Popen[bytes]) -> None:
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


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - all three are opened as pipes; only mypy cannot know
    return stream


def _too_long(command: Sequence[str], timeout: float | None) -> ProgramError:
    return ProgramError(
        f"{' '.join(command[:3])} did not end within {timeout:g} seconds",
        why="it was stopped",
        hint="Try again when the machine is less busy, or look for what it waits for.",
    )
