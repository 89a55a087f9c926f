"""The files that layers store, and which of them a later layer hides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from jettison.measure.contents import LayerContents
from jettison.oci.digest import Digest
from jettison.oci.entry import Kind
from jettison.oci.tree import FileTree, TreeBuilder


class How(StrEnum):
    """How a later layer hides a file."""

    OVERWRITTEN = "overwritten"
    DELETED = "deleted"


class Hidden(Struct, frozen=True, kw_only=True):
    """The layer that hides a file, and how."""

    layer: int
    how: How


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file whose bytes a layer holds; second names of hard links hold none and are not listed.

    ``layer`` counts from 0 at the base.
    """

    path: str
    layer: int
    size: int
    digest: Digest | None
    hidden: Hidden | None = None

    @property
    def absolute(self) -> str:
        """The path from the root of the image."""
        return f"/{self.path}"


def stored_files(layers: Sequence[LayerContents]) -> Iterator[StoredFile]:
    """Give every file of every layer with its fate: those hidden first, as they are met."""
    builder = TreeBuilder()
    live: dict[str, StoredFile] = {}
    for index, layer in enumerate(layers):
        builder.begin_layer()
        for entry in layer.entries:
            builder.add(entry)
        tree = builder.tree()
        yield from _hidden(live, tree, index)
        live.update(_brought(tree, index))
    yield from live.values()


def _brought(tree: FileTree, layer: int) -> Iterator[tuple[str, StoredFile]]:
    for path, placed in tree.paths.items():
        entry = placed.entry
        if placed.layer == layer and entry.kind is Kind.FILE and not placed.linked_to:
            stored = StoredFile(path=path, layer=layer, size=entry.size, digest=entry.digest)
            yield path, stored


def _hidden(live: dict[str, StoredFile], tree: FileTree, layer: int) -> Iterator[StoredFile]:
    """Take what the newest layer hides out of ``live``; a file with another name stays."""
    gone = [path for path, stored in live.items() if not _shows(tree, stored)]
    if not gone:
        return
    linked = {(placed.linked_to, placed.layer) for placed in tree if placed.linked_to}
    for path in gone:
        stored = live[path]
        if (path, stored.layer) not in linked:
            how = How.OVERWRITTEN if path in tree else How.DELETED
            yield replace(stored, hidden=Hidden(layer=layer, how=how))
            del live[path]


def _shows(tree: FileTree, stored: StoredFile) -> bool:
    placed = tree.paths.get(stored.path)
    return placed is not None and placed.layer == stored.layer
