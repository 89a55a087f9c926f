"""The most time and disk that one comparison takes, whatever its images do.

Each start, request and command has an end of its own. An image that uses up all of them can still
keep a comparison busy for hours, because there are thousands and many are repeated.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Lock, Thread
from typing import IO, Self

from jettison.engines import (
    BuildRequest,
    Container,
    Engine,
    ImageFacts,
    ImageID,
    Isolation,
    RunOptions,
)
from jettison.engines.limits import Limits
from jettison.errors import FullEngineError, JettisonError, TimeLimitError
from jettison.progress import Progress

# A start that is given a minute or more is meant to be waited for.
_PATIENT_SECONDS = 60.0
_LONGER_AT_MOST = 3.0


def on_this_machine(seconds: float) -> float:
    """Give a start longer where others use the processors too; as long as requested, if brief.

    Two processes that wait for each processor are what an application and its requests may be.
    """
    if seconds < _PATIENT_SECONDS:
        return seconds
    load = os.getloadavg()[0] / (os.cpu_count() or 1) / 2
    return round(seconds * min(max(1.0, load), _LONGER_AT_MOST))


class DelegatingEngine:
    """Does as another engine does, which its owner ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        """The engine in one word, and its version."""
        return self._engine.name

    @property
    def isolation(self) -> Isolation:
        """How the engine keeps containers apart."""
        return self._engine.isolation

    @property
    def limits(self) -> Limits:
        """The most that containers of the engine may take."""
        return self._engine.limits

    @property
    def storage(self) -> str:
        """Where the engine keeps what containers write."""
        return self._engine.storage

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave everything to the other engine."""

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        """Build as the engine does."""
        return self._engine.build(request, progress)

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container as the engine does."""
        return self._engine.run(image, options)

    def inspect(self, image: str) -> ImageFacts:
        """Inspect as the engine does."""
        return self._engine.inspect(image)

    def save(self, image: str) -> AbstractContextManager[IO[bytes]]:
        """Save as the engine does."""
        return self._engine.save(image)


# How often the disk is looked at, and which share of what was free may be gone once it is scarce:
# images are built beside a comparison, and by others.
_LOOK_SECONDS, _SHARE, _SCARCE = 1.0, 0.5, 4 * 10**9


class TimedEngine(DelegatingEngine):
    """Another engine, whose containers are stopped when they took too long, or too much disk.

    Whoever asks them something then gets an EngineError, and whoever starts one a TimeLimitError or
    a FullEngineError.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._lock, self._over = Lock(), Event()
        self._why: JettisonError | None = None
        self._containers: list[Container] = []
        self._free = _free(self.storage)
        self._ends = time.monotonic() + (self.limits.seconds or math.inf)
        Thread(target=self._watch, daemon=True).start()

    def end(self) -> None:
        """Begin nothing that would take effect later."""
        self._over.set()

    def require_time(self) -> None:
        """Raise TimeLimitError when the time limit has passed, FullEngineError without room."""
        if self._why:
            raise self._why

    def _watch(self) -> None:
        while not self._over.wait(min(_LOOK_SECONDS, max(0.0, self._ends - time.monotonic()))):
            free = _free(self.storage)
            taken = self._free - free
            if time.monotonic() >= self._ends:
                self._stop(_too_late(self.limits.seconds))
                return
            if taken > self._free * _SHARE and free < _SCARCE:
                self._stop(_too_much(taken))
                return

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container while there is time."""
        self.require_time()
        container = super().run(image, options)
        with self._lock:
            self._containers.append(container)
        if self._why:
            with container:
                self.require_time()
        return container

    def _stop(self, why: JettisonError) -> None:
        with self._lock:
            self._why = why
            running = tuple(self._containers)
        for container in running:
            # it may be gone, or about to be removed
            with suppress(JettisonError, OSError):
                container.stop(grace=0)


def _free(storage: str) -> int:
    """Give how many bytes are free where an engine keeps what containers write, 0 if not known."""
    try:
        return shutil.disk_usage(storage).free if storage else 0
    except OSError:
        return 0


def _too_late(seconds: float) -> TimeLimitError:
    return TimeLimitError(
        f"the images were not compared within {seconds / 60:g} min",
        why="they take so long to start or to respond that no end is near",
        hint="Look at what the baseline does when it runs alone, or raise --time-limit.",
    )


def _too_much(taken: int) -> FullEngineError:
    return FullEngineError(
        f"the disk of the engine lost {taken / 1e9:.1f} GB while the images were compared",
        why="that is more than half of what was free, and little is left, so they were stopped",
        hint="Look at what the baseline writes when it runs alone, or make room on that disk.",
    )


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
