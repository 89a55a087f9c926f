"""An image as ``docker save`` streams it: blobs in any order, the manifest last."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any, cast

from jettison.errors import EngineError, UnsupportedError
from jettison.measure.compression import CountedStream, GzipCounter, compression_pool
from jettison.measure.layer import LayerListing, read_layer

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PEEK = 4
_DOCUMENT_LIMIT = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLayer:
    """A layer's listing and its size as gzip; the size is None when it was known already."""

    listing: LayerListing
    compressed_size: int | None


@dataclass(slots=True)
class _Members:
    """What was met in the stream so far, by member name."""

    layers: dict[str, ReadLayer] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def read_archive(stream: IO[bytes], known: Callable[[str], bool]) -> tuple[ReadLayer, ...]:
    """Read every layer, lowest first, holding none of them in memory.

    ``known`` tells by a blob's hexadecimal digest whether its compressed size need not be counted.
    Raises EngineError when the stream is not an image.
    """
    members = _Members()
    try:
        with compression_pool() as pool, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                _meet(archive, member, members, pool, known)
        return _in_order(members)
    except (tarfile.TarError, ValueError, KeyError, IndexError) as wrong:
        raise EngineError(
            "the engine saved an image in a way that is not understood",
            why=f"{type(wrong).__name__}: {wrong}",
        ) from wrong


def _meet(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    members: _Members,
    pool: ThreadPoolExecutor,
    known: Callable[[str], bool],
) -> None:
    if member.issym() or member.islnk():
        folder = posixpath.dirname(member.name) if member.issym() else ""
        members.links[member.name] = posixpath.normpath(posixpath.join(folder, member.linkname))
        return
    opened = archive.extractfile(member) if member.isreg() else None
    if opened is None:
        return
    beginning = opened.read(_PEEK)
    if beginning[:1] in (b"{", b"[") and member.size <= _DOCUMENT_LIMIT:
        members.documents[member.name] = beginning + opened.read()
    elif member.name.startswith("blobs/") or member.name.endswith(".tar"):
        counted = not known(posixpath.basename(member.name))
        whole = cast("IO[bytes]", _Rejoined(beginning, opened))
        members.layers[member.name] = _layer(whole, beginning, member.size, pool, counted=counted)


def _layer(
    stream: IO[bytes], beginning: bytes, size: int, pool: ThreadPoolExecutor, *, counted: bool
) -> ReadLayer:
    if beginning == _ZSTD:
        raise UnsupportedError(
            "the image has a layer compressed with zstd",
            hint="Measure an image that was built here, or one with gzip layers.",
        )
    compressed = beginning[:2] == _GZIP
    counter = GzipCounter(pool) if counted and not compressed else None
    watched = CountedStream(stream, counter)
    listing = read_layer(cast("IO[bytes]", watched), compressed=compressed)
    watched.drain()
    total = counter.total() if counter else None
    return ReadLayer(listing=listing, compressed_size=size if compressed else total)


def _in_order(members: _Members) -> tuple[ReadLayer, ...]:
    manifest: list[dict[str, Any]] = json.loads(members.documents["manifest.json"])
    names = (members.links.get(name, name) for name in manifest[0]["Layers"])
    return tuple(members.layers[name] for name in names)


class _Rejoined:
    """A stream with the bytes in front that were read to look at it."""

    def __init__(self, beginning: bytes, rest: IO[bytes]) -> None:
        self._beginning = beginning
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._beginning:
            return self._rest.read(size)
        beginning, self._beginning = self._beginning, b""
        return beginning + self._rest.read(size - len(beginning) if size >= 0 else size)
