"""What a prediction is made of."""

from __future__ import annotations

from msgspec import Struct

from jettison.values import Basis, Origin, Size, Skipped


class Part(Struct, frozen=True, kw_only=True):
    """The bytes that one instruction adds, or that the base has."""

    what: str
    size: Size
    origin: Origin | None = None


class Prediction(Struct, frozen=True, kw_only=True):
    """The uncompressed size of an image, part by part, as ``docker image inspect`` would give it.

    ``unknown`` are steps whose bytes cannot be told; they count as nothing.
    """

    parts: tuple[Part, ...]
    unknown: tuple[Skipped, ...] = ()

    @property
    def size(self) -> Size | None:
        """The sum; None when the size of the base is not known."""
        if not self.parts:
            return None
        total = sum(part.size.bytes for part in self.parts)
        return Size(bytes=total, basis=Basis.ESTIMATED, source="the sum of its parts")


class Predictions(Struct, frozen=True, kw_only=True):
    """The sizes of the image before and after the plan."""

    before: Prediction
    after: Prediction
