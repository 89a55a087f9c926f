"""An image as ``docker save`` streams it: blobs in any order, the manifest last."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, BinaryIO, cast

from msgspec import Struct, field

from jettison.errors import EngineError
from jettison.measure.compression import compression_pool
from jettison.measure.contents import MeasuredLayer
from jettison.measure.layer import measured_layer
from jettison.oci.compression import compression_of
from jettison.oci.media import Compression

_PEEK = 4
_DOCUMENT_LIMIT = 4 * 2**20


class _Members(Struct):
    """What was met in the stream so far, by member name."""

    layers: dict[str, MeasuredLayer] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


Known = Callable[[str], MeasuredLayer | None]
"""Gives by its hexadecimal digest a layer that need not be read again."""


def read_archive(stream: IO[bytes], known: Known) -> tuple[MeasuredLayer, ...]:
    """Read every layer, lowest first, holding none of them in memory.

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
    known: Known,
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
        layer = known(posixpath.basename(member.name))
        members.layers[member.name] = layer or _layer(opened, beginning, member.size, pool)


def _layer(rest: IO[bytes], beginning: bytes, size: int, pool: ThreadPoolExecutor) -> MeasuredLayer:
    packed = compression_of(beginning) is not Compression.NONE
    whole = cast("BinaryIO", _Rejoined(beginning, rest))
    return measured_layer(whole, pool, packed_size=size if packed else None)


def _in_order(members: _Members) -> tuple[MeasuredLayer, ...]:
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
