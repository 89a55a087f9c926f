"""Everything of an image but what the project's own files bring, so that it can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from jettison.build.recipe import Step
from jettison.bytecode.compiler import Compiler
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import DiffID
from jettison.stores.segments import Segment, SegmentCache
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
