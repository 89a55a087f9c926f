"""The file tree an image shows when its layers lie on one another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.images.entry import Entry, Kind
from jettison.values import replace


class Placed(Struct, frozen=True, kw_only=True):
    """An entry of a tree and the layer that brought it, counted from 0 at the base.

    A hard link is shown as the file it is a second name of, and ``linked_to`` names that file, so
    its bytes are stored once.
    """

    entry: Entry
    layer: int
    linked_to: str = ""

    @property
    def stored_size(self) -> int:
        """The bytes this path adds to the image."""
        return 0 if self.linked_to else self.entry.size


class FileTree(Struct, frozen=True, kw_only=True):
    """Every path of an image, sorted; the root has the empty path and may be missing."""

    paths: Mapping[str, Placed]

    def __iter__(self) -> Iterator[Placed]:
        return iter(self.paths.values())

    def __len__(self) -> int:
        return len(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self.paths

    def get(self, path: str) -> Entry | None:
        """Return the entry at a path without following links."""
        placed = self.paths.get(path)
        return placed.entry if placed else None


_MOST_LINKS = 40


class _Node(Struct):
    placed: Placed | None = None
    children: dict[str, _Node] = field(default_factory=dict)


class TreeBuilder:
    """Takes entries layer by layer, the base first, and applies whiteouts.

    As engines do, a layer's whiteouts act on lower layers only, and a path that leads through a
    symbolic link follows a link of its own layer and replaces one of a lower layer by a directory.
    """

    def __init__(self) -> None:
        self._root = _Node()
        self._layer = -1
        self._links: dict[str, str] = {}

    def begin_layer(self) -> None:
        """Start the next layer."""
        self._layer += 1
        self._links.clear()

    def add(self, entry: Entry) -> None:
        """Take one entry of the current layer."""
        if entry.is_opaque:
            self._hide_lower(entry.parent)
        elif entry.removes:
            self._remove(entry.removes)
        elif not entry.is_mark:
            self._place(entry)

    def tree(self) -> FileTree:
        """Return what is visible now."""
        found = dict(sorted(_walk(self._root, "")))
        return FileTree(paths=MappingProxyType(found))

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._root
        for part in filter(None, path.split("/")):
            node = node.children.get(part) if node else None
        return node

    def _place(self, entry: Entry) -> None:
        real = self._real(entry.path)
        self._links.pop(real, None)
        if entry.kind is Kind.SYMLINK:
            self._links[real] = entry.link
        node = self._root
        for part in filter(None, real.split("/")):
            if node.placed and node.placed.entry.kind is not Kind.DIRECTORY:
                node.placed = None
            node = node.children.setdefault(part, _Node())
        if entry.kind is not Kind.DIRECTORY:
            node.children.clear()
        node.placed = self._resolved(entry if real == entry.path else replace(entry, path=real))

    def _real(self, path: str) -> str:
        """Resolve the links on the way to a path that the current layer itself brought."""
        reached = ""
        ahead = path.split("/")[::-1]
        followed = 0
        while len(ahead) > 1:
            part = ahead.pop()
            if part == "..":
                reached = posixpath.dirname(reached)
            elif part not in {"", "."}:
                reached = f"{reached}/{part}" if reached else part
            target = self._links.get(reached)
            if target is not None and followed < _MOST_LINKS:
                reached = "" if target.startswith("/") else posixpath.dirname(reached)
                ahead += target.split("/")[::-1]
                followed += 1
        return f"{reached}/{ahead[0]}" if reached else ahead[0]

    def _resolved(self, entry: Entry) -> Placed:
        if entry.kind is not Kind.HARD_LINK:
            return Placed(entry=entry, layer=self._layer)
        target = self._find(entry.link)
        if not target or not target.placed:
            return Placed(entry=entry, layer=self._layer)
        shown = replace(target.placed.entry, path=entry.path)
        first_name = target.placed.linked_to or entry.link
        return Placed(entry=shown, layer=self._layer, linked_to=first_name)

    def _remove(self, path: str) -> None:
        head, _, name = path.rpartition("/")
        parent = self._find(head)
        node = parent.children.get(name) if parent else None
        if parent and node and not self._keep_upper(node):
            del parent.children[name]

    def _hide_lower(self, path: str) -> None:
        node = self._find(path)
        if node:
            upper = {n: c for n, c in node.children.items() if self._keep_upper(c)}
            node.children = upper

    def _keep_upper(self, node: _Node) -> bool:
        """Drop what lower layers brought; tell whether anything of this layer is left."""
        node.children = {n: c for n, c in node.children.items() if self._keep_upper(c)}
        own = node.placed is not None and node.placed.layer == self._layer
        if not own:
            node.placed = None
        return own or bool(node.children)


def _walk(node: _Node, path: str) -> Iterator[tuple[str, Placed]]:
    if node.placed:
        yield path, node.placed
    for name, child in node.children.items():
        yield from _walk(child, f"{path}/{name}" if path else name)


def merge(layers: Iterable[Iterable[Entry]]) -> FileTree:
    """Lay layers on one another, the base first."""
    builder = TreeBuilder()
    for layer in layers:
        builder.begin_layer()
        for entry in layer:
            builder.add(entry)
    return builder.tree()
