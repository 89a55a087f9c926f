"""What layers hold: their entries, and the texts of package metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from jettison.images.digest import Digest
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.tree import FileTree, merge

_KEPT = re.compile(
    r"(?:\.dist-info/(?:METADATA|RECORD)|\.egg-info/(?:PKG-INFO|installed-files\.txt)|\.egg-info"
    r"|(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+)?|(?:^|/)var/lib/dpkg/info/[^/]+\.list)$"
)
_LARGEST_TEXT = 32 * 2**20
_SETUID = 0o4000


class LayerContents(Struct, frozen=True, kw_only=True):
    """One layer, read once. ``texts`` maps paths to the contents of package metadata.

    Files that are not empty have their digests.
    """

    entries: tuple[Entry, ...]
    texts: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """The bytes of the regular files, as engines count a layer."""
        return sum(entry.size for entry in self.entries)


class MeasuredLayer(Struct, frozen=True, kw_only=True):
    """What a layer holds, and its bytes as gzip."""

    contents: LayerContents
    compressed_size: int


def read_contents(stream: BinaryIO) -> LayerContents:
    """Read a layer to its end, gzip, zstd or plain. IntegrityError when it is damaged."""
    entries: list[Entry] = []
    texts: dict[str, bytes] = {}
    for read in read_entries(stream):
        entry = read.entry
        if entry.kind is Kind.FILE and entry.size <= _LARGEST_TEXT and _KEPT.search(entry.path):
            text = texts[entry.path] = b"".join(read.chunks())
            entry = replace(entry, digest=Digest.of(text))
        elif entry.size:
            entry = read.hashed()
        entries.append(entry)
    return LayerContents(entries=tuple(entries), texts=texts)


class Contents(Struct, frozen=True, kw_only=True):
    """An image's final file tree, and the texts that are visible in it."""

    tree: FileTree
    texts: Mapping[str, bytes]

    @property
    def files(self) -> int:
        """Regular files, each name of a hard link counted."""
        return self._count(Kind.FILE)

    @property
    def directories(self) -> int:
        """Directories, the root not counted."""
        return self._count(Kind.DIRECTORY)

    def _count(self, kind: Kind) -> int:
        return sum(placed.entry.kind is kind and placed.entry.path != "" for placed in self.tree)

    @property
    def setuid_files(self) -> tuple[str, ...]:
        """Absolute paths of files that run with their owner's rights, sorted."""
        return tuple(
            f"/{placed.entry.path}"
            for placed in self.tree
            if placed.entry.kind is Kind.FILE and placed.entry.mode & _SETUID
        )

    def size_of(self, path: str) -> int:
        """Give the bytes of the file at ``path``, 0 without one."""
        entry = self.tree.get(path)
        return entry.size if entry else 0


def overlay(layers: tuple[LayerContents, ...]) -> Contents:
    """Lay the layers on one another, the base first."""
    tree = merge(layer.entries for layer in layers)
    return Contents(tree=tree, texts=dict(_visible(tree, layers)))


def _visible(tree: FileTree, layers: tuple[LayerContents, ...]) -> Iterator[tuple[str, bytes]]:
    for index, layer in enumerate(layers):
        for path, text in layer.texts.items():
            placed = tree.paths.get(path)
            if placed and placed.layer == index:
                yield path, text
