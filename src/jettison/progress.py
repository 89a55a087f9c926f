"""What a user sees while work goes on: steps on standard error, never on standard output."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Event, Lock, Thread, get_ident
from typing import TYPE_CHECKING, Protocol

from jettison.values import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class Progress(Protocol):
    """Hears about steps of work; a step of a thread may hold further ones of the same thread."""

    def begin(self, step: str) -> None:
        """Hear that a step begins; ``step`` says in a few words what is being done."""

    def note(self, line: str) -> None:
        """Hear a passing detail of the running step, to be shown briefly or not at all."""

    def finish(self, outcome: str) -> None:
        """Hear that the running step ended; ``outcome`` is empty or a few words."""


_WORTH_TELLING = 3.0
# A log without a terminal shows so often that a step goes on.
_SILENT_SECONDS = 30.0


def tell_of_waiting(seconds: float) -> None:
    """Say on standard error that a server is waited for, unless that is over in a moment."""
    if seconds >= _WORTH_TELLING:
        sys.stderr.write(f"waiting {seconds:.0f} s for a server that asks for patience\n")
        sys.stderr.flush()


@contextmanager
def told_while_waiting(
    server: str, longest: float | None = None, end: Callable[[], object] | None = None
) -> Iterator[None]:
    """Say on standard error, twice a minute, that the block still waits for a server.

    ``end`` is called once the block takes longer than ``longest`` seconds.
    """
    over = Event()
    watcher = Thread(target=_tell, args=(server, over, longest, end), daemon=True)
    try:
        watcher.start()
    except RuntimeError:
        # a machine that starts no more threads
        if end:
            raise
    try:
        yield
    finally:
        over.set()


def _tell(
    server: str, over: Event, longest: float | None, end: Callable[[], object] | None
) -> None:
    begun = now = time.monotonic()
    ends = math.inf if longest is None else begun + longest
    while not over.wait(min(ends - now, _SILENT_SECONDS)):
        now = time.monotonic()
        if now >= ends:
            if end:
                end()
            return
        # several connections wait at once
        if now - max(begun, _last_told[0]) >= _SILENT_SECONDS:
            _last_told[0] = now
            sys.stderr.write(f"waiting for {printable(server)} ({now - begun:.0f} s so far)\n")
            sys.stderr.flush()


_last_told = [0.0]


class SilentProgress:
    """Shows nothing."""

    def begin(self, step: str) -> None:
        """Ignore the step."""

    def note(self, line: str) -> None:
        """Ignore the detail."""

    def finish(self, outcome: str) -> None:
        """Ignore the outcome."""


class ConsoleProgress:
    """A spinner on a terminal; one plain line for each finished step elsewhere.

    A long step has a line for a detail there, too, twice a minute.
    Steps of several threads may run at the same time: the spinner names all of them.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._given = console
        self._running: dict[int, list[tuple[str, float]]] = {}
        self._lock = Lock()
        self._status: Status | None = None
        self._told = 0.0

    @cached_property
    def _console(self) -> Console:
        if self._given is not None:
            return self._given
        from rich.console import Console  # noqa: PLC0415 - 30 ms that work without steps does not need

        return Console(file=sys.stderr, stderr=True, highlight=False)

    def begin(self, step: str) -> None:
        """Show that the step runs."""
        with self._lock:
            self._running.setdefault(get_ident(), []).append((printable(step), time.monotonic()))
            self._show()

    def note(self, line: str) -> None:
        """Show the detail beside the spinner, cut to the width of the terminal."""
        with self._lock:
            self._show(printable(line))
            step, begun = self._running.get(get_ident(), [("", time.monotonic())])[-1]
            silent = time.monotonic() - max(begun, self._told)
            if silent >= _SILENT_SECONDS and not self._console.is_terminal:
                self._told = time.monotonic()
                said = f"{step}: {printable(line)} ({self._told - begun:.0f} s so far)"
                self._console.print(said, markup=False, soft_wrap=True)

    def finish(self, outcome: str) -> None:
        """Leave one line that says what was done and how long it took."""
        with self._lock:
            step, begun = self._running[get_ident()].pop()
            if not self._running[get_ident()]:
                del self._running[get_ident()]
            seconds = time.monotonic() - begun
            said = f": {printable(outcome)}" if outcome else ""
            self._show()
            self._console.print(f"{step}{said} ({seconds:.1f} s)", markup=False, soft_wrap=True)

    def _show(self, detail: str = "") -> None:
        """Let the spinner of a terminal say what runs now."""
        if not self._console.is_terminal:
            return
        if not self._running:
            if self._status:
                self._status.stop()
            self._status = None
            return
        from rich.markup import escape  # noqa: PLC0415 - as above

        steps = ", ".join(step for own in self._running.values() for step, _ in own[-1:])
        room = max(20, self._console.width - len(steps) - 6)
        text = f"{escape(steps)} [dim]{escape(detail.strip()[:room])}[/dim]"
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)


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
