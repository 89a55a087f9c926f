"""One layer, read once as a stream: its entries, and the few files whose text is needed."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_KEPT = re.compile(
    r"(?:\.dist-info/(?:METADATA|RECORD)|\.egg-info/PKG-INFO|\.egg-info"
    r"|(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+)?)$"
)
_KEPT_LIMIT = 32 * 2**20


class Kind(StrEnum):
    """What an entry of a layer is."""

    FILE = "file"
    LINK = "link"
    SYMLINK = "symlink"
    DIRECTORY = "directory"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a layer: permission bits, bytes, and the target of a link."""

    kind: Kind
    mode: int
    size: int
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerListing:
    """The entries of a layer by path without a leading slash.

    ``removed`` are paths that it takes away from the layers below, ``opaque`` folders whose lower
    contents it hides. ``texts`` holds the contents of package metadata.
    """

    entries: Mapping[str, Entry]
    removed: tuple[str, ...]
    opaque: tuple[str, ...]
    texts: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of the regular files, the engine's measure of a layer."""
        return sum(entry.size for entry in self.entries.values())


def read_layer(stream: IO[bytes], *, compressed: bool = False) -> LayerListing:
    """Read a layer's tar to its end, without seeking. Raises tarfile.TarError on other bytes."""
    entries: dict[str, Entry] = {}
    texts: dict[str, bytes] = {}
    removed: list[str] = []
    opaque: list[str] = []
    with tarfile.open(fileobj=stream, mode="r|gz" if compressed else "r|") as archive:
        for member in archive:
            path = _clean(member.name)
            folder, _, name = path.rpartition("/")
            if name == _OPAQUE:
                opaque.append(folder)
            elif name.startswith(_WHITEOUT):
                removed.append(f"{folder}/{name[len(_WHITEOUT) :]}".lstrip("/"))
            elif path:
                entries[path] = _entry(member)
                if member.isreg() and member.size <= _KEPT_LIMIT and _KEPT.search(path):
                    texts[path] = _contents(archive, member)
    return LayerListing(entries=entries, removed=tuple(removed), opaque=tuple(opaque), texts=texts)


def _clean(name: str) -> str:
    return name.removeprefix("./").strip("/") if name not in {".", "/"} else ""


def _entry(member: tarfile.TarInfo) -> Entry:
    kind = Kind.OTHER
    if member.isreg():
        kind = Kind.FILE
    elif member.islnk():
        kind = Kind.LINK
    elif member.issym():
        kind = Kind.SYMLINK
    elif member.isdir():
        kind = Kind.DIRECTORY
    target = _clean(member.linkname) if member.islnk() else member.linkname
    return Entry(kind, member.mode, member.size if member.isreg() else 0, target)


def _contents(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member)
    return opened.read() if opened else b""
