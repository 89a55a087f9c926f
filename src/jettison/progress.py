"""What a user sees while work goes on: steps on standard error, never on standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class Progress(Protocol):
    """Hears about one step of work at a time."""

    def begin(self, step: str) -> None:
        """Hear that a step begins; ``step`` says in a few words what is being done."""

    def note(self, line: str) -> None:
        """Hear a passing detail of the running step, to be shown briefly or not at all."""

    def finish(self, outcome: str) -> None:
        """Hear that the running step ended; ``outcome`` is empty or a few words."""


class SilentProgress:
    """Shows nothing."""

    def begin(self, step: str) -> None:
        """Ignore the step."""

    def note(self, line: str) -> None:
        """Ignore the detail."""

    def finish(self, outcome: str) -> None:
        """Ignore the outcome."""


class ConsoleProgress:
    """A spinner on a terminal; one plain line for each finished step elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._given = console
        self._step = ""
        self._begun = 0.0
        self._status: Status | None = None

    @cached_property
    def _console(self) -> Console:
        if self._given is not None:
            return self._given
        from rich.console import Console  # noqa: PLC0415 - 30 ms that work without steps does not need

        return Console(file=sys.stderr, stderr=True, highlight=False)

    def begin(self, step: str) -> None:
        """Show that the step runs."""
        self._step = step
        self._begun = time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(step)
            self._status.start()

    def note(self, line: str) -> None:
        """Show the detail beside the spinner, cut to the width of the terminal."""
        if self._status:
            from rich.markup import escape  # noqa: PLC0415 - as above

            room = max(20, self._console.width - len(self._step) - 6)
            self._status.update(f"{escape(self._step)} [dim]{escape(line.strip()[:room])}[/dim]")

    def finish(self, outcome: str) -> None:
        """Leave one line that says what was done and how long it took."""
        if self._status:
            self._status.stop()
            self._status = None
        seconds = time.monotonic() - self._begun
        said = f": {outcome}" if outcome else ""
        self._console.print(f"{self._step}{said} ({seconds:.1f} s)", markup=False, soft_wrap=True)


@contextmanager
def step(progress: Progress, name: str) -> Iterator[None]:
    """Tell ``progress`` about the work in the block, also when it fails."""
    progress.begin(name)
    try:
        yield
    except BaseException:
        progress.finish("not finished")
        raise
    progress.finish("")
