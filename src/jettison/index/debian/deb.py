"""Reading a .deb as it streams by: an ar archive of control.tar and data.tar (deb(5))."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import IntegrityError
from jettison.formats.debian_control import Paragraph, paragraph
from jettison.images.entry import read_entries
from jettison.images.stream import CHUNK, chunks_of, reader, uncompressed

_MAGIC = b"!<arch>\n"
_HEADER = 60
_HEADER_END = b"`\n"
# control.tar holds a few small files; more is not a package.
_LARGEST_CONTROL = 1 << 22


class Deb(Struct, frozen=True, kw_only=True):
    """A package whose control part was read.

    ``control`` is its control paragraph and ``control_files`` its other control files by name
    (``md5sums``, ``conffiles``, maintainer scripts, ``shlibs``, …). ``data`` is the uncompressed
    data.tar, to be read once and before the file is closed.
    """

    control: Paragraph
    control_files: dict[str, bytes]
    data: BinaryIO


def read_deb(file: BinaryIO, what: str = "the package") -> Deb:
    """Read a .deb from its start; IntegrityError, naming ``what``, when it is not one.

    ``data.tar`` may be plain or packed with xz, gzip or zstd.
    """
    if file.read(len(_MAGIC)) != _MAGIC:
        raise IntegrityError(f"{what} is not a Debian package")
    control: dict[str, bytes] | None = None
    for name, size in _members(file, what):
        content = _content(file, size, what)
        if name.startswith("control.tar"):
            control = _control_files(_plain(name, content))
        elif name.startswith("data.tar"):
            if control is None or "control" not in control:
                break
            text = control.pop("control").decode("utf-8", "replace")
            return Deb(control=paragraph(text), control_files=control, data=_plain(name, content))
        for _ in content:
            """Read to the end of the member, where the next one begins."""
    raise IntegrityError(f"{what} is not a whole Debian package", why="a part of it is missing")


def _members(file: BinaryIO, what: str) -> Iterator[tuple[str, int]]:
    """Yield name and size of each member; its content must be read before the next is asked for."""
    while header := file.read(_HEADER):
        size = header[48:58].strip()
        if len(header) != _HEADER or header[58:] != _HEADER_END or not size.isdigit():
            raise IntegrityError(f"{what} is not a whole Debian package", why="its ar is damaged")
        yield header[:16].decode("ascii", "replace").strip().rstrip("/"), int(size)
        if int(size) % 2:
            file.read(1)


def _content(file: BinaryIO, size: int, what: str) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            raise IntegrityError(f"{what} ends early")
        left -= len(chunk)
        yield chunk


def _plain(name: str, chunks: Iterator[bytes]) -> BinaryIO:
    packed = reader(chunks)
    return reader(_unxz(packed), packed) if name.endswith(".xz") else uncompressed(packed)


def _unxz(packed: BinaryIO) -> Iterator[bytes]:
    stream = lzma.LZMADecompressor()
    try:
        for chunk in chunks_of(packed):
            waiting = chunk
            while waiting or not (stream.eof or stream.needs_input):
                if stream.eof:
                    stream = lzma.LZMADecompressor()
                if piece := stream.decompress(waiting, CHUNK):
                    yield piece
                waiting = stream.unused_data if stream.eof else b""
    except lzma.LZMAError as error:
        raise IntegrityError("an xz stream is damaged", why=str(error)) from error
    if not stream.eof:
        raise IntegrityError("an xz stream ends early")


def _control_files(tar: BinaryIO) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for read in read_entries(tar):
        if read.entry.size > _LARGEST_CONTROL:
            raise IntegrityError(f"the control file {read.entry.path} is too large")
        found[read.entry.path] = b"".join(read.chunks())
    return found
