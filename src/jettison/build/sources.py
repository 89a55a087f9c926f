"""Which kind of base a build stands on."""

from __future__ import annotations

from pathlib import Path

from jettison.build.base import BaseSource
from jettison.build.composed_base import ComposedBase
from jettison.build.image_base import ImageBase
from jettison.build.options import BuildOptions, Bytecode
from jettison.build.recipe import BaseWanted
from jettison.debian.archive import Archive
from jettison.stores.segments import SegmentCache


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
    )
