"""Errors that a user can act on.

Every error says what happened, why, and what to do, and carries the exit status of the process.
Only ``jettison.__main__`` prints them. Exit status 1 is kept for defects of Jettison itself and
2 for wrong command-line usage (the convention of click).
"""

from __future__ import annotations

import signal
from typing import ClassVar

from jettison.values import Origin


class JettisonError(Exception):
    """What happened, why, and what to do about it.

    ``exit_status`` is set by each class; ``hint`` is one or more sentences that start with a verb,
    by default those of the class.
    """

    exit_status: ClassVar[int] = 1
    usual_hint: ClassVar[str] = ""

    def __init__(
        self, what: str, *, why: str = "", hint: str = "", origin: Origin | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint or self.usual_hint
        self.origin = origin
        if why:
            self.add_note(why)

    def __str__(self) -> str:
        place = f"{self.origin}: " if self.origin else ""
        return f"{place}{self.what}"


class ProjectError(JettisonError):
    """The project cannot be used as it is: no Dockerfile, several, not a directory."""

    exit_status = 3


class NotEquivalentError(JettisonError):
    """The image does not behave as its baseline does."""

    exit_status = 4


class InputSyntaxError(JettisonError):
    """A file of the project is not valid in its own format."""

    exit_status = 5


class BuildError(JettisonError):
    """An image build failed; ``why`` holds the step and its last lines."""

    exit_status = 6


class EngineError(JettisonError):
    """A container engine is missing, stopped, too old, or failed."""

    exit_status = 7


class NoEngineError(EngineError):
    """No container engine is there or responds, and nothing can be built without one."""


class FullEngineError(EngineError):
    """A container engine can make nothing more: its disk is full, or no address is left."""


class WriteError(JettisonError):
    """Files cannot be written: read-only target, uncommitted changes, disk full."""

    exit_status = 8


class CheckError(JettisonError):
    """``--check`` was given and a file would change."""

    exit_status = 9


class NetworkError(JettisonError):
    """A registry or package index did not answer as its protocol says."""

    exit_status = 10


class TransientNetworkError(NetworkError):
    """A server broke off, was overloaded or did not answer in time; it may work the next time."""


class IntegrityError(JettisonError):
    """Bytes do not match their digest, hash or signature."""

    exit_status = 11
    usual_hint = "Fetch or make it again; if it stays the same, report it to its maintainers."


class DamagedCacheError(IntegrityError):
    """An entry of Jettison's own cache was damaged and is gone: the work can be done again."""


class UnsupportedError(JettisonError):
    """The request is valid but this back end cannot carry it out."""

    exit_status = 12


class ProgramError(JettisonError):
    """A program that Jettison runs is missing, failed, or did not end in time."""

    exit_status = 13


# As Python, Rust and the C library tell it (errno 11, EAGAIN of clone and fork).
_NO_MORE = ("start new thread", "spawn worker thread", "Resource temporarily unavailable")


def without_threads(text: str) -> ProgramError | None:
    """Give the error where a text says that this machine starts no more threads or processes."""
    if not any(sign in text for sign in _NO_MORE):
        return None
    return ProgramError(
        "this machine starts no more threads for you",
        why=text.strip().rpartition("\n")[2],
        hint="End other programs, or raise the limit: `ulimit -u`.",
    )


class PackageError(JettisonError):
    """A system package does not exist, or what it needs cannot be had."""

    exit_status = 14


class ImageError(JettisonError):
    """An image does not exist, is not valid in its own format, or lacks the requested platform."""

    exit_status = 15
    usual_hint = "Check the name of the image, or pull, build or save it again."


class BudgetError(JettisonError):
    """The image is larger, or slower, than the project's settings allow."""

    exit_status = 16


class FleetError(JettisonError):
    """Projects of a fleet failed; the report has a row with the reason of each."""

    exit_status = 17


class TimeLimitError(JettisonError):
    """Two images were compared for longer than `--time-limit` allows; nothing was written."""

    exit_status = 18


ENDING = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What tells a program to end: Ctrl-C, another program, the terminal that was closed."""


class InterruptedByUserError(JettisonError):
    """Ctrl-C, SIGTERM or SIGHUP; nothing was written, or everything, as the hint says."""

    exit_status = 130
