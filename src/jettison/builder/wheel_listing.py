"""What a wheel lists: its members, and the hashes of its RECORD; each wheel is listed once."""

from __future__ import annotations

import csv
import io
import os
import posixpath
import re
import stat
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, cast

from msgspec import Struct
from zlib_ng import zlib_ng

from jettison.errors import IntegrityError
from jettison.images.stream import CHUNK, RAW_DEFLATE

_LOCAL = struct.Struct("<4s22xHH")
_SIGNATURE = b"PK\3\4"
# The library's own annotation calls its exception class an exception.
_DAMAGED = cast("type[Exception]", zlib_ng.error)


class ZipMember(Struct, frozen=True, kw_only=True):
    """What the directory of a zip file says of a member; sizes and places are in bytes."""

    name: str
    place: int
    packed: int
    size: int
    checksum: int
    method: int
    encrypted: bool
    executable: bool

    @classmethod
    def of(cls, listed: zipfile.ZipInfo) -> ZipMember:
        """Keep what is needed, which takes a fifth of the memory."""
        return cls(
            name=listed.filename,
            place=listed.header_offset,
            packed=listed.compress_size,
            size=listed.file_size,
            checksum=listed.CRC,
            method=listed.compress_type,
            encrypted=bool(listed.flag_bits & 1),
            executable=bool(listed.external_attr >> 16 & 0o111),
        )


class FileContent:
    """The bytes of an open file by their place, read when asked for; closed by ``close``.

    A mapping would count all that was read into the memory of the process.
    """

    def __init__(self, file: int) -> None:
        """Take over a descriptor."""
        self._file = file
        self._size = os.fstat(file).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        first, last, _ = part.indices(self._size)
        return os.pread(self._file, max(0, last - first), first)

    def stream(self) -> BinaryIO:
        """Open a stream over the same file, which leaves this one open."""
        return os.fdopen(os.dup(self._file), "rb")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def member_chunks(content: FileContent, member: ZipMember) -> Iterator[bytes]:
    """Yield a member, at most ``CHUNK`` bytes at once; zipfile.BadZipFile when it is damaged."""
    stored = _stored(content, member)
    if member.method == zipfile.ZIP_STORED:
        chunks = stored
    elif member.method == zipfile.ZIP_DEFLATED:
        chunks = _inflated(stored)
    else:
        raise zipfile.BadZipFile(f"{member.name} is packed in an unknown way")
    checksum = size = 0
    try:
        for chunk in chunks:
            checksum = zlib_ng.crc32(chunk, checksum)
            size += len(chunk)
            yield chunk
    except _DAMAGED as error:
        raise zipfile.BadZipFile(f"{member.name}: {error}") from error
    if checksum != member.checksum or size != member.size:
        raise zipfile.BadZipFile(f"{member.name} does not match the directory")


def _stored(content: FileContent, member: ZipMember) -> Iterator[bytes]:
    """Yield the bytes of a member as the file holds them."""
    head = content[member.place : member.place + _LOCAL.size]
    if len(head) < _LOCAL.size:
        raise zipfile.BadZipFile(f"{member.name} lies outside of the file")
    signature, name, extra = _LOCAL.unpack(head)
    start = member.place + _LOCAL.size + name + extra
    end = start + member.packed
    if signature != _SIGNATURE or member.encrypted or end > len(content):
        raise zipfile.BadZipFile(f"{member.name} cannot be read")
    for at in range(start, end, CHUNK):
        yield content[at : min(at + CHUNK, end)]


def _inflated(stored: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib_ng.decompressobj(RAW_DEFLATE)
    for piece in stored:
        waiting = piece
        while waiting and not inflate.eof:
            if found := inflate.decompress(waiting, CHUNK):
                yield found
            waiting = inflate.unconsumed_tail
    if found := inflate.flush():
        yield found


# PEP 427 and PEP 376; signatures are of the wheel and not of what is installed.
SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_LARGEST_TEXT = 64 << 20
_VERSION = re.compile(r"^Wheel-Version:\s*(\d+)", re.MULTILINE | re.IGNORECASE)


class Listing(Struct, frozen=True, kw_only=True):
    """What a sound wheel lists.

    ``members`` are its files by their names, ``empty`` its directories without a file in them.
    ``information`` is the name of its ``.dist-info`` directory. ``record`` are the hashes of its
    RECORD by name, each the URL-safe base 64 of a SHA-256; others count as none.
    """

    members: Mapping[str, ZipMember]
    empty: tuple[str, ...]
    information: str
    record: Mapping[str, str]


_kept: dict[str, Listing] = {}
_MOST_KEPT = 512


def listing(content: FileContent, name: str, digest: str) -> Listing:
    """Read the listing of a wheel that errors call ``name``; IntegrityError when it is not sound.

    A build opens each wheel several times; one whose ``digest`` is known is listed once.
    """
    known = _kept.get(digest)
    if known is None:
        known = _read(content, name)
        if digest and len(_kept) < _MOST_KEPT:
            _kept[digest] = known
    return known


def text_of(content: FileContent, member: ZipMember, name: str) -> str:
    """Return the text of a member of the wheel ``name``, empty when it is too large for one."""
    if member.size > _LARGEST_TEXT:
        return ""
    try:
        return b"".join(member_chunks(content, member)).decode("utf-8", "replace")
    except zipfile.BadZipFile as error:
        raise damaged(name, str(error)) from error


def damaged(name: str, why: str) -> IntegrityError:
    """Return the error of a wheel that is not sound."""
    return IntegrityError(
        f"{name} is an invalid wheel",
        why=why,
        hint="Report it to its maintainers; until then, pin another version.",
    )


def _read(content: FileContent, name: str) -> Listing:
    try:
        with content.stream() as stream:
            listed = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise damaged(name, str(error)) from error
    for each in listed:
        _require_safe(each, name)
        each.filename = _plain(each.filename)
    listed = [each for each in listed if each.filename]
    members = {each.filename: ZipMember.of(each) for each in listed if each.filename[-1:] != "/"}
    information = _information(members, name)
    _require_known(content, members.get(f"{information}/WHEEL"), name)
    return Listing(
        members=members,
        empty=_empty_folders(each.filename for each in listed),
        information=information,
        record=_record(content, members, information, name),
    )


def _require_safe(member: zipfile.ZipInfo, name: str) -> None:
    path = member.filename
    parts = path.removesuffix("/").split("/")
    if path.startswith("/") or ".." in parts or "\0" in path or "\\" in path or "" in parts:
        raise damaged(name, f"it has the path {path!r}, outside of the environment")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise damaged(name, f"{path} is a link, and wheels hold none")


def _plain(path: str) -> str:
    """Leave out the parts of a path that lead nowhere, as every installer does."""
    return "/".join(part for part in path.split("/") if part != ".")


def _information(members: Iterable[str], name: str) -> str:
    found = sorted({
        path.partition("/")[0] for path in members
        if path.partition("/")[0].endswith(".dist-info") and path.endswith("/METADATA")
    })  # fmt: skip
    if len(found) != 1:
        raise damaged(name, "it has no .dist-info directory of its own")
    return found[0]


def _require_known(content: FileContent, member: ZipMember | None, name: str) -> None:
    """Refuse what every installer refuses: a wheel that does not say how it is to be installed."""
    if member is None:
        raise damaged(name, "it has no WHEEL")
    stated = _VERSION.search(text_of(content, member, name))
    if stated is None or stated[1] != "1":
        raise damaged(name, "its WHEEL does not state version 1 of the format")


def _record(
    content: FileContent, members: Mapping[str, ZipMember], information: str, name: str
) -> Mapping[str, str]:
    member = members.get(f"{information}/RECORD")
    if member is None:
        raise damaged(name, "it has no RECORD")
    try:
        rows = list(csv.reader(io.StringIO(text_of(content, member, name))))
    except csv.Error as error:
        raise damaged(name, f"its RECORD cannot be read: {error}") from error
    found = {_plain(row[0]): row[1] for row in rows if len(row) > 1}
    for path in members:
        if path not in found and posixpath.basename(path) not in SIGNATURES:
            raise damaged(name, f"its RECORD does not name {path}")
    prefix = "sha256="
    return {n: d.removeprefix(prefix) for n, d in found.items() if d.startswith(prefix)}


def _empty_folders(names: Iterable[str]) -> tuple[str, ...]:
    """Return the directories, below the packages, that a wheel lists and that hold nothing."""
    listed = list(names)
    folders = [name.rstrip("/") for name in listed if name.endswith("/")]
    if not folders:
        return ()
    files = [name for name in listed if not name.endswith("/")]
    holding = {name[: match.start()] for name in files for match in re.finditer("/", name)}
    return tuple(sorted(f for f in folders if f not in holding and ".data" not in f.split("/")[0]))
