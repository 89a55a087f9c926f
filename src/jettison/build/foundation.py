"""Everything of an image but what the project's own files bring, so that it can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from jettison.build.codec import decoded_step, encoded_step
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

    @property
    def fields(self) -> dict[str, Any]:
        """The foundation as JSON."""
        same = ("config", "passwd", "group", "environment", "context", "ignore", "uncompiled")
        return {
            **{name: getattr(self, name) for name in same},
            "layers": [_layer_fields(layer) for layer in self.layers],
            "steps": [encoded_step(step) for step in self.steps],
            "directories": sorted(self.directories),
            "skeleton": self.skeleton,
            "changed": dict(self.changed),
            "compiler": _compiler_fields(self.compiler),
            "documents": self.documents,
            "notes": [(note.what, note.reason) for note in self.notes],
        }

    @classmethod
    def from_fields(cls, document: dict[str, Any]) -> Foundation:
        """Invert ``fields``; KeyError, TypeError or ValueError for another shape."""
        return cls(**{
            **document,
            "layers": tuple(map(_layer, document["layers"])),
            "steps": tuple(map(decoded_step, document["steps"])),
            "directories": frozenset(document["directories"]),
            "skeleton": tuple((name, text) for name, text in document["skeleton"]),
            "compiler": _compiler(document["compiler"]),
            "documents": tuple((kind, text) for kind, text in document["documents"]),
            "notes": tuple(Skipped(what=w, reason=r) for w, r in document["notes"]),
        })  # fmt: skip


def _layer_fields(layer: FoundationLayer) -> dict[str, Any]:
    return {
        "blob": layer.blob.fields,
        "diff_id": str(layer.diff_id),
        "home": layer.home,
        "segments": [(segment.descriptor.fields, segment.size) for segment in layer.segments],
    }


def _layer(document: dict[str, Any]) -> FoundationLayer:
    return FoundationLayer(
        blob=Descriptor.from_fields(document["blob"]),
        diff_id=DiffID.parse(document["diff_id"]),
        home=document["home"],
        segments=tuple(
            Segment(descriptor=Descriptor.from_fields(fields), size=size)
            for fields, size in document["segments"]
        ),
    )


def _compiler_fields(compiler: Compiler | None) -> Sequence[Any] | None:
    if compiler is None:
        return None
    return compiler.version, compiler.command, dict(compiler.environment)


def _compiler(document: Sequence[Any] | None) -> Compiler | None:
    if document is None:
        return None
    version, command, environment = document
    return Compiler(version=version, command=tuple(command), environment=environment)
