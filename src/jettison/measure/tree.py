"""The file tree that a container sees: layers laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jettison.measure.layer import Entry, Kind, LayerListing

_SETUID = 0o4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Every path of an image's final file system, and the texts of package metadata."""

    entries: Mapping[str, Entry]
    texts: Mapping[str, bytes]

    @property
    def files(self) -> int:
        """Regular files and hard links."""
        return sum(entry.kind in {Kind.FILE, Kind.LINK} for entry in self.entries.values())

    @property
    def directories(self) -> int:
        """Folders."""
        return sum(entry.kind is Kind.DIRECTORY for entry in self.entries.values())

    @property
    def setuid_files(self) -> tuple[str, ...]:
        """Absolute paths of files that run with their owner's rights."""
        return tuple(
            sorted(
                f"/{path}"
                for path, entry in self.entries.items()
                if entry.kind in {Kind.FILE, Kind.LINK} and entry.mode & _SETUID
            )
        )

    def size_of(self, path: str) -> int:
        """Bytes of the file at ``path``, 0 without one; a hard link counts as its target."""
        entry = self.entries.get(path)
        if entry is None:
            return 0
        return self.size_of(entry.target) if entry.kind is Kind.LINK else entry.size


def overlay(layers: Iterable[LayerListing]) -> Tree:
    """Lay the layers over each other, lowest first."""
    entries: dict[str, Entry] = {}
    texts: dict[str, bytes] = {}
    for layer in layers:
        for path in _hidden(layer, entries):
            del entries[path]
            texts.pop(path, None)
        entries.update(layer.entries)
        texts.update(layer.texts)
    return Tree(entries=entries, texts=texts)


def _hidden(layer: LayerListing, below: Mapping[str, Entry]) -> list[str]:
    """List what the layer takes away from those below."""
    removed = set(layer.removed)
    # a file in place of a folder hides all that was in the folder
    replaced = {
        path
        for path, entry in layer.entries.items()
        if entry.kind is not Kind.DIRECTORY and path in below and below[path].kind is Kind.DIRECTORY
    }
    folders = removed | replaced | set(layer.opaque)
    if not folders:
        return []
    return [path for path in below if path in removed or _is_inside(path, folders)]


def _is_inside(path: str, folders: set[str]) -> bool:
    if "" in folders:
        return True
    position = path.rfind("/")
    while position > 0:
        if path[:position] in folders:
            return True
        position = path.rfind("/", 0, position)
    return False
