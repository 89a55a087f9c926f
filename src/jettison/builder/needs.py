"""What an image will be made of, before any of it is made: so that images can share."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from jettison.builder import BaseWanted, Pin
from jettison.builder.base import BaseSource
from jettison.builder.composed_base import ComposedBase
from jettison.builder.foundation import BuildOptions, Bytecode
from jettison.builder.image_base import ImageBase
from jettison.builder.wheel import Scheme
from jettison.images.stores.blobs import SegmentCache
from jettison.index.debian import Archive


class BuildNeeds(Struct, frozen=True, kw_only=True):
    """A base, the libraries that distributions want of it, and the distributions.

    ``marks`` has a text for each distribution; equal texts stand for equal files in the image.
    ``family`` is the Python and the place of the environment.
    """

    wanted: BaseWanted
    libraries: frozenset[str] = frozenset()
    pins: tuple[Pin, ...] = ()
    marks: tuple[str, ...] = ()
    family: str = ""

    @classmethod
    def of(
        cls, wanted: BaseWanted, pins: Sequence[Pin], scheme: Scheme, how: str, *,
        libraries: frozenset[str] = frozenset(),
        gone: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> BuildNeeds:  # fmt: skip
        """Return them; ``how`` is what all are treated by, ``gone`` what leaves of which."""
        return cls(
            wanted=wanted,
            libraries=libraries,
            pins=tuple(pins),
            marks=tuple(
                _mark(pin.sha256, repr(scheme), how, *sorted(gone.get(pin.name, ())))
                for pin in pins
            ),
            family=f"{scheme.python} {scheme.prefix}",
        )


def base_source(
    wanted: BaseWanted,
    options: BuildOptions,
    archive: Archive,
    cache: SegmentCache,
    folder: Path,
    *,
    locked: str,
) -> BaseSource:
    """Return where the base comes from; ``locked`` is the digest that an image must have."""
    interpreters = folder / "interpreters"
    bytecode = options.bytecode is not Bytecode.NONE
    if wanted.kind == "image":
        return ImageBase(
            wanted=wanted,
            platform=options.platform,
            cache=cache,
            interpreters=interpreters,
            bytecode=bytecode,
            locked=locked,
        )
    return ComposedBase(
        wanted=wanted,
        platform=options.platform,
        archive=archive,
        cache=cache,
        interpreters=interpreters,
        bytecode=bytecode,
        core_apart=options.shared is not None,
    )


def _mark(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
