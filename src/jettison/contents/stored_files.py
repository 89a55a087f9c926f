"""Files that layers store and hide, the layers of the base, and who owns a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from jettison.contents.measurement import LayerContents
from jettison.images.config import History
from jettison.images.digest import Digest
from jettison.images.entry import Kind
from jettison.images.tree import FileTree, TreeBuilder
from jettison.values import replace


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


# The classic builder writes "/bin/sh -c #(nop)  CMD …", BuildKit "CMD …".
_COMMAND = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?CMD\b")
# The layers of a base that Jettison composed; what it adds on top is named for what it holds.
_COMPOSED = ("jettison: Debian packages", "jettison: Python and its standard library")
_COPY = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?(?:COPY|ADD)\b")


class BaseLayers(Struct, frozen=True, kw_only=True):
    """How many layers, from the lowest, the base has, and how that is known."""

    count: int
    known_by: str


def base_layers(
    history: Sequence[History], diff_ids: Sequence[str], base: Sequence[str] = ()
) -> BaseLayers | None:
    """Find the base's layers: those of ``base`` (diff IDs) when given, else by the history.

    A base image nearly always ends with a CMD, so the last CMD that layers of the image's own
    follow is the base's end. None when ``base`` is given and the image is not made on it.
    """
    if base:
        if tuple(diff_ids[: len(base)]) != tuple(base):
            return None
        return BaseLayers(count=len(base), known_by="the base that was named")
    composed = tuple(entry.created_by for entry in history[: len(_COMPOSED)])
    if composed == _COMPOSED and len(diff_ids) >= len(_COMPOSED):
        known_by = "the history: Jettison composed them"
        return BaseLayers(count=len(_COMPOSED), known_by=known_by)
    ended = _end_of_base(history)
    if ended:
        return BaseLayers(count=ended, known_by="the history: the base ends with its CMD")
    return BaseLayers(count=0, known_by="")


def instructions(history: Sequence[History], layers: int) -> tuple[str, ...]:
    """Give for each layer the instruction that made it; empty where the history does not tell."""
    made = [entry.created_by for entry in history if not entry.empty_layer]
    return tuple(made) if len(made) == layers else ("",) * layers


def is_copy(instruction: str) -> bool:
    """Tell whether a layer came from a COPY or ADD."""
    return bool(_COPY.match(instruction))


def _end_of_base(history: Sequence[History]) -> int:
    """Count the layers before the last CMD that a layer follows."""
    count = ended = 0
    pending: int | None = None
    for entry in history:
        if entry.empty_layer:
            pending = count if _COMMAND.match(entry.created_by) else pending
            continue
        ended = ended if pending is None else pending
        pending = None
        count += 1
    return ended


class OwnerKind(StrEnum):
    """What owners there are.

    BASE is what the layers of the base image hold and no package claims. UNOWNED is what nothing
    explains.
    """

    BASE = "base"
    INTERPRETER = "interpreter"
    STANDARD_LIBRARY = "standard library"
    DEBIAN_PACKAGE = "debian package"
    DISTRIBUTION = "distribution"
    APPLICATION = "application"
    CACHE = "cache"
    UNOWNED = "unowned"


class Owner(Struct, frozen=True, order=True, kw_only=True):
    """An owner; ``name`` is a package's, or the folder where there is none."""

    kind: OwnerKind
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()
