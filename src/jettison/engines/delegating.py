"""An engine that leaves to another one what it does not do itself."""

from __future__ import annotations

from contextlib import AbstractContextManager
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
from jettison.progress import Progress


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
