"""The process: runs the command line and is the only place that prints errors and exits."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import stat
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

from jettison.cli import command_line, show
from jettison.errors import (
    ENDING,
    DamagedCacheError,
    InputSyntaxError,
    InterruptedByUserError,
    JettisonError,
    ProgramError,
    WriteError,
    without_threads,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# A command makes many small values and few cycles: searching for cycles after every 700 of them, as
# Python does by default, takes a tenth of a plan's time.
_NEW_OBJECTS = 50_000
# A request wants the interpreter several times, and a thread that reads an image meanwhile keeps it
# for as long as this (5 ms by default): measured, requests take a quarter less time, the other
# thread a twentieth more.
_TURN_SECONDS = 0.0005
# A disk that damages more than this is broken.
_MOST_REPAIRS = 20
_LONGEST_LINE = 4000


class _Raw(io.FileIO):
    """A standard stream to which writing goes on where ``lost`` is what comes of it.

    Who stops reading (for example `head`) changes neither what is done nor the exit status.
    """

    lost: type[OSError] = BrokenPipeError

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written; what is lost counts as written."""
        try:
            return super().write(data)
        except self.lost:
            return memoryview(data).nbytes
        except OSError as error:
            raise WriteError(
                "standard output cannot be written",
                why="it is closed" if error.errno == errno.EBADF else str(error.strerror),
                hint="Redirect it to a file on a disk with free space, or to /dev/null.",
            ) from error


def _reserve_closed_streams() -> None:
    """Open each standard stream that is closed, so that no file takes its number.

    A program that is run would write its output into that file. Writing to the stream still fails.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDONLY)
            os.set_inheritable(number, True)  # noqa: FBT003  its own signature
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _steady(stream: TextIO | None, lost: type[OSError]) -> TextIO | None:
    """Give a standard stream that loses what it cannot write for the reason ``lost``."""
    with suppress(OSError, ValueError, AttributeError):
        if stream is None or stream.closed:
            return stream
        number = stream.fileno()
        # another program that writes to the same terminal or pipe may have changed that
        os.set_blocking(number, True)
        raw = _Raw(number, "wb", closefd=False)
        raw.lost = lost
        return io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.isatty() or stream is sys.stderr,
        )
    return stream


def main() -> None:
    """Run the command line and turn what it raises into a message and an exit status."""
    _reserve_closed_streams()
    # progress and messages that nobody can be given stop no work; a result does
    sys.stdout = _steady(sys.stdout, BrokenPipeError)
    sys.stderr = _steady(sys.stderr, OSError)
    # on a signal to end, or without its terminal, it removes its containers, as on Ctrl-C
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    # what Python says of a source that is only read
    warnings.filterwarnings("ignore", module="<unknown>")
    gc.set_threshold(_NEW_OBJECTS)
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        # told again while the first time was reported
        status = InterruptedByUserError.exit_status
    for number in ENDING:
        # it ends already; Python would give a signal back its default while it cleans up
        signal.signal(number, signal.SIG_IGN)
    sys.exit(_with_output(status))


def _with_output(status: int) -> int:
    """Write what waits to be written; give another status where that fails.

    Python would try it again as it ends, say so, and end with a status of its own.
    """
    try:
        if sys.stdout:
            sys.stdout.flush()
    except (WriteError, ValueError) as error:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if status == 0 and isinstance(error, WriteError):
            return _report(error)
    return status


def run(arguments: list[str]) -> int:
    """Run one command, again when the cache was damaged; give the exit status."""
    if os.path.expanduser("~") == "~":  # noqa: PTH111 — what Path says of it is an exception
        # as container engines have it for a user that no list of users names
        os.environ["HOME"] = "/"
    for _ in range(_MOST_REPAIRS):
        try:
            return _run(arguments)
        except DamagedCacheError as error:
            damage = error
        finally:
            # Who kept nothing has damaged nothing, and need not load it.
            if records := sys.modules.get("jettison.records"):
                for path in records.damaged():
                    show(f"note: {path} in the cache was damaged; it is not used", err=True)
    return _report(damage)


def _run(arguments: list[str]) -> int:
    try:
        command_line.main(arguments, prog_name="jettison", standalone_mode=False)
    except DamagedCacheError:
        raise
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _report(InterruptedByUserError("interrupted", hint="Nothing was written."))
    except SystemExit as ended:
        # so click ends where the other side of a pipe or connection is gone
        return _report(_BROKEN_OFF) if ended.code else 0
    except (JettisonError, OSError, RuntimeError, MemoryError, ValueError, OverflowError) as error:
        return _report(_told(error))
    return 0


_BROKEN_OFF = ProgramError(
    "a program or a server stopped reading",
    why="what was sent to it was not read to its end",
    hint="Run the command again; see what the engine's log says.",
)
_TOO_MUCH = {
    RecursionError: "something in the input is nested too deeply",
    MemoryError: "the input takes all memory",
    # Python refuses to read it: the time grows with the square of the digits
    ValueError: "a number in the input has thousands of digits",
    OverflowError: "a number in the input is larger than any that can be kept",
}


def _may_not_run(path: str | None) -> bool:
    """Whether a file is a program on a file system that lets none run."""
    with suppress(OSError, TypeError, ValueError):
        program = os.stat(path or "").st_mode & stat.S_IXUSR  # noqa: PTH116 — bytes, too
        return bool(program and os.statvfs(path or "").f_flag & os.ST_NOEXEC)
    return False


def _told(error: Exception) -> JettisonError:
    """Return the error for input that no parser refused and that is too deep, large or long.

    For a file that cannot be used too, where nothing nearer to it tells of it.
    """
    if isinstance(error, JettisonError):
        return error
    if isinstance(error, OSError):
        gone = isinstance(error, FileNotFoundError)
        nameless = "the current folder" if gone else "something of this machine"
        idle = isinstance(error, PermissionError) and _may_not_run(error.filename)
        return WriteError(
            f"{error.filename or nameless} cannot be used",
            why="its file system is mounted with noexec" if idle else error.strerror or str(error),
            hint="Put it where programs may run; XDG_CACHE_HOME is the folder of the cache."
            if idle
            else "Check the path, its permissions, and the space that is left.",
        )
    if found := without_threads(str(error)):
        return found
    if "Symlink loop" in str(error):
        return WriteError(
            "a path cannot be used", why=str(error), hint="Correct the links that lead in a circle."
        )
    if isinstance(error, RuntimeError) and not isinstance(error, RecursionError):
        raise error
    if "embedded null" in str(error):
        return InputSyntaxError(
            "a path or name in the input has a null character",
            why="no file, program or variable is called so",
            hint="Remove `\\0` or `\\u0000` from the project's compose file and settings.",
        )
    if isinstance(error, ValueError) and "integer string conversion" not in str(error):
        raise error
    return InputSyntaxError(
        next(text for kind, text in _TOO_MUCH.items() if isinstance(error, kind)),
        why="no part of it that a person writes is like that",
        hint="Leave files out of the project, one after another, to find which it is.",
    )


def _report(error: JettisonError) -> int:
    lines = [f"error: {error}"]
    lines += [f"  {line}" for line in error.why.splitlines()]
    lines += [f"hint: {error.hint}"] if error.hint else []
    show("\n".join(map(_shown, lines)), err=True)
    return error.exit_status


def _shown(line: str) -> str:
    """Cut a line that a project or an image wrote to be longer than anybody reads."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


if __name__ == "__main__":
    main()
