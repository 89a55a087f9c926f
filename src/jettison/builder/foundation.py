"""Everything of an image but what the project's own files bring, so that it can be kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, to_builtins

from jettison.builder.bytecode import Compiler
from jettison.builder.recipe import Shared, Step
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.digest import DiffID
from jettison.images.stores.blobs import Segment, SegmentCache
from jettison.images.stream import Compressor
from jettison.values import Skipped


class FoundationLayer(Struct, frozen=True, kw_only=True):
    """A layer that is in the cache: whole as ``blob``, or in ``segments`` that make it.

    ``home`` names a repository that is known to hold it.
    """

    blob: Descriptor
    diff_id: DiffID
    segments: tuple[Segment, ...] = ()
    home: str = ""


def layer_of(segments: Sequence[Segment], cache: SegmentCache) -> FoundationLayer:
    """Join segments of the cache to a layer."""
    layer = cache.layer(segments)
    return FoundationLayer(blob=layer.descriptor, diff_id=layer.diff_id, segments=tuple(segments))


class Foundation(Struct, frozen=True, kw_only=True):
    """An image without its application layer, and what that layer is made by.

    ``config`` is the text of its config, which names the layers and how the image is run.
    ``steps`` lay the project's files; ``directories``, ``passwd``, ``group`` and ``skeleton``
    (what a new home directory holds) are the base's;
    ``environment`` is where distributions are. ``changed`` are texts of files of the context that
    the plan changed, and ``ignore`` that of the ignore file. ``documents`` are attachments: kind
    and text.
    """

    config: str
    layers: tuple[FoundationLayer, ...]
    steps: tuple[Step, ...]
    directories: frozenset[str]
    passwd: str
    group: str
    skeleton: tuple[tuple[str, str], ...]
    environment: str
    context: str
    changed: Mapping[str, str]
    ignore: str | None
    compiler: Compiler | None
    uncompiled: str
    documents: tuple[tuple[str, str], ...] = ()
    notes: tuple[Skipped, ...] = ()


class Bytecode(StrEnum):
    """Which modules have their bytecode in the image.

    ``imported`` compiles what the application reaches by its imports, and the distributions that
    it reaches whole.
    """

    ALL = "all"
    IMPORTED = "imported"
    NONE = "none"


class BuildOptions(Struct, frozen=True, kw_only=True):
    """One image of a build; ``base`` is composed, the name of an image, or empty for the plan's.

    ``strip`` follows the plan where it shortens shared libraries; without it none is shortened.
    ``debug_base`` brings a shell into a composed base. ``source_builds`` lets this machine build
    wheels of pure Python distributions that have none.
    """

    platform: Platform
    base: str = ""
    bytecode: Bytecode = Bytecode.ALL
    compressor: Compressor
    strip: bool = True
    debug_base: bool = False
    source_builds: bool = False
    offline: bool = False
    shared: Shared | None = None

    @property
    def identity(self) -> str:
        """Everything that the image depends on, as text."""
        parts = (self.platform, self.base, self.bytecode, self.compressor.identity, self.strip)
        text = "\n".join(map(str, (*parts, self.debug_base, self.source_builds)))
        return f"{text}\n{_described(self.shared)}" if self.shared else text


def _described(shared: Shared) -> str:
    """Write it as text that is the same in every process: a set has no order."""
    return json.dumps(to_builtins(shared, order="deterministic"))
