"""What a prediction is made of."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from jettison.values import Basis, Origin, Size, Skipped


class Part(Struct, frozen=True, kw_only=True):
    """The bytes that one instruction adds, or that the base has.

    ``of_base`` says that another base brings its own instead: the image that is built on, system
    packages, the byte code of the standard library.
    """

    what: str
    size: Size
    origin: Origin | None = None
    of_base: bool = False


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

    @property
    def taken_from_base(self) -> int:
        """The bytes of the base itself that leave; another base has other files."""
        return -sum(min(part.size.bytes, 0) for part in self.parts if part.of_base)

    def on(self, base: Size) -> Prediction:
        """The same image on another base, whose ``base`` bytes hold its packages and byte code."""
        own = tuple(part for part in self.parts if not part.of_base)
        return replace(self, parts=(Part(what="base", size=base, of_base=True), *own))


class Predictions(Struct, frozen=True, kw_only=True):
    """The sizes of the image before and after the plan."""

    before: Prediction
    after: Prediction
