"""The most that one comparison takes, whatever its images do.

Each start, request and command has an end of its own. An image that uses up all of them can still
keep a comparison busy for hours, because there are thousands and many are repeated.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer

from jettison.engines import Container, Engine, RunOptions
from jettison.engines.delegating import DelegatingEngine
from jettison.errors import JettisonError, TimeLimitError

# A start that is given a minute or more is meant to be waited for.
_PATIENT_SECONDS = 60.0
_LONGER_AT_MOST = 3.0


def on_this_machine(seconds: float) -> float:
    """Give a start longer where others use the processors too; as long as it is told, if brief.

    Two processes that wait for each processor are what an application and its requests may be.
    """
    if seconds < _PATIENT_SECONDS:
        return seconds
    load = os.getloadavg()[0] / (os.cpu_count() or 1) / 2
    return round(seconds * min(max(1.0, load), _LONGER_AT_MOST))


class TimedEngine(DelegatingEngine):
    """Another engine, whose containers are stopped when its time limit has passed.

    Whoever asks them something then gets an EngineError, and whoever starts one a TimeLimitError.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._lock, self._late = Lock(), False
        self._containers: list[Container] = []
        self._timer = Timer(self.limits.seconds, self._stop)
        self._timer.daemon = True
        if self.limits.seconds:
            self._timer.start()

    def end(self) -> None:
        """Begin nothing that would take effect later."""
        self._timer.cancel()

    def require_time(self) -> None:
        """Raise TimeLimitError when the time limit has passed."""
        if self._late:
            raise TimeLimitError(
                f"the images were not compared within {self.limits.seconds / 60:g} min",
                why="they take so long to start or to respond that no end is near",
                hint="Look at what the baseline does when it runs alone, or raise --time-limit.",
            )

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container while there is time."""
        self.require_time()
        container = super().run(image, options)
        with self._lock:
            self._containers.append(container)
        if self._late:
            with container:
                self.require_time()
        return container

    def _stop(self) -> None:
        with self._lock:
            self._late = True
            running = tuple(self._containers)
        for container in running:
            # it may be gone, or about to be removed
            with suppress(JettisonError, OSError):
                container.stop(grace=0)


@contextmanager
def timed(engine: Engine) -> Iterator[TimedEngine]:
    """Give an engine for one comparison. TimeLimitError when that took too long."""
    own = TimedEngine(engine)
    try:
        yield own
    except JettisonError:
        # because its containers were stopped
        own.require_time()
        raise
    finally:
        own.end()
    own.require_time()
