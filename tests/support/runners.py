"""An engine that runs images which another one has built."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.engines import Engine


@dataclass(frozen=True)
class Runner:
    """An engine that runs what the container engine built; ``place`` is where it finds that."""

    engine: Engine
    place: str

    def image(self, tag: str) -> str:
        """Name an image so that this engine finds it."""
        return f"{self.place}{tag}"
