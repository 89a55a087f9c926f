"""Entries of layers: one path with its kind, mode, owner and target; read as they stream by."""

from __future__ import annotations

import posixpath
import struct
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Any, BinaryIO, cast

from msgspec import Struct

from jettison.errors import ImageError, IntegrityError
from jettison.images.digest import Digest
from jettison.images.stream import (
    CHUNK,
    checked_chunks,
    chunks_of,
    reader,
    require_bounded,
    uncompressed_chunks,
)
from jettison.values import replace, whole_number

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
# Deeper than any file system tree met in images, and safe for what walks trees.
_DEEPEST = 256


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"
    FIFO = "fifo"


# Users and groups that Linux numbers; it keeps one more number for "no change".
_MOST_IDENTITIES = 2**32 - 1


def identity_number(text: str) -> int | None:
    """Read the number of a user or group; None for other text, and for one that Linux has not."""
    number = whole_number(text)
    return number if number is not None and number < _MOST_IDENTITIES else None


class Entry(Struct, frozen=True, kw_only=True, array_like=True):
    """One path of a layer or of a tree.

    ``path`` is relative to the image's root, without ``./`` and trailing ``/``; the root itself is
    the empty text. ``size`` is the bytes of a file's content. ``link`` is a symbolic link's text or
    the path of a hard link's target. ``mtime`` is in seconds since 1970. ``xattrs`` are sorted by
    name. ``digest`` is known only where content was read for it.
    """

    path: str
    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, bytes], ...] = ()
    digest: Digest | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def parent(self) -> str:
        """The directory the entry is in."""
        return posixpath.dirname(self.path)

    @property
    def is_opaque(self) -> bool:
        """Whether this hides everything that lower layers have in ``parent``."""
        return self.name == OPAQUE

    @property
    def removes(self) -> str:
        """The path that this whiteout removes, or nothing for any other entry.

        ImageError when it names no entry of its directory but that itself or the one above.
        """
        name = self.name
        if not name.startswith(WHITEOUT) or name.startswith(WHITEOUT * 2):
            return ""
        removed = name.removeprefix(WHITEOUT)
        if removed in {"", ".", ".."}:
            raise _leaving(self.path)
        return posixpath.join(self.parent, removed)

    @property
    def is_mark(self) -> bool:
        """Whether this is a whiteout or a storage driver's own note, never a file."""
        return self.name.startswith(WHITEOUT)


def normal_path(path: str) -> str:
    """Return a path of a layer without ``.``, empty parts and a leading ``/``.

    ImageError when a part is ``..`` or holds a NUL: no honest layer has one.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if len(parts) > _DEEPEST:
        raise ImageError(f"a layer has a path of {len(parts)} parts: {path[:80]}…")
    if ".." in parts or "\0" in path:
        raise _leaving(path)
    return "/".join(parts)


def _leaving(path: str) -> ImageError:
    return ImageError(
        f"a layer has the path {path!r}, which is outside the image's root",
        why="such a path can change files outside the image",
        hint="Do not use this image; report it to its publisher.",
    )


_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.CONTTYPE: Kind.FILE,
    tarfile.GNUTYPE_SPARSE: Kind.FILE,
    tarfile.LNKTYPE: Kind.HARD_LINK,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.CHRTYPE: Kind.CHARACTER_DEVICE,
    tarfile.BLKTYPE: Kind.BLOCK_DEVICE,
    tarfile.FIFOTYPE: Kind.FIFO,
}
_XATTR = "SCHILY.xattr."


class ReadEntry(Struct, frozen=True, kw_only=True):
    """An entry and, for as long as it is the newest one read, its content."""

    entry: Entry
    chunks: Callable[[], Iterator[bytes]]

    def hashed(self) -> Entry:
        """Read the content of a file and return the entry with its digest."""
        if self.entry.kind is not Kind.FILE:
            return self.entry
        running = Digest.of(b"").new_hash()
        for chunk in self.chunks():
            running.update(chunk)
        return replace(self.entry, digest=Digest.from_hash(running))


def read_entries(stream: BinaryIO, diff_id: Digest | None = None) -> Iterator[ReadEntry]:
    """Read the entries of a layer, gzip, zstd or plain; contents are never held in memory.

    Content must be read before the next entry is taken. Sparse files come with their holes
    filled. IntegrityError when the tar is damaged, or at its end when its digest is not
    ``diff_id``; ImageError for a path that leaves the root, or for
    contents that never seem to end.
    """
    chunks = uncompressed_chunks(stream)
    if diff_id is not None:
        chunks = checked_chunks(chunks, diff_id, None, "an unpacked layer")
    plain = reader(chunks)
    if not plain.peek(1):
        return
    with _damage_told(), closing(_opened(plain)) as tar:
        filled = 0
        while (found := tar.next()) is not None:
            # tarfile keeps every header it has seen; a layer may have a million.
            cast("Any", tar).members.clear()
            if found.issparse():
                filled += found.size
                require_bounded(filled, tar.offset)
            yield _read_entry(tar, found)
        for _ in chunks_of(plain):
            """Drain, so that a checked stream under this one sees its end."""


# What tarfile raises for headers and records that are not as they should be.
TAR_ERRORS = (
    *(tarfile.TarError, ValueError, ArithmeticError, LookupError, EOFError, struct.error),
    RecursionError,
)
# Names and records of a member are read as a whole; no file system takes longer ones.
_LARGEST_HEADER = 1 << 20
_LARGEST_NUMBER = 1 << 62
# No kernel sets a larger one (XATTR_SIZE_MAX).
_LARGEST_ATTRIBUTE = 1 << 16
_HEADERS = frozenset(
    {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
     tarfile.SOLARIS_XHDTYPE}
)  # fmt: skip


class BoundedTarInfo(tarfile.TarInfo):
    """A header that is not read when it would take memory without end, as engines read it."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size < 0 or (self.type in _HEADERS and self.size > _LARGEST_HEADER):
            raise tarfile.ReadError(f"a header has {self.size} bytes")
        if self.type == tarfile.XGLTYPE:
            # For all that follow, where engines apply it to none.
            cast("Any", tar).fileobj.read(self.size + -self.size % tarfile.BLOCKSIZE)
            return self.fromtarfile(tar)
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]  # has no stub

    def _apply_pax_info(self, headers: Mapping[str, str], encoding: str, errors: str) -> None:
        """Take numbers from a record; ReadError for one that no file has, or that leads back."""
        super()._apply_pax_info(headers, encoding, errors)  # type: ignore[misc]  # has no stub
        numbers = (self.size, self.uid, self.gid)
        if min(numbers) < 0 or max(*numbers, abs(self.mtime)) >= _LARGEST_NUMBER:
            raise tarfile.ReadError("a record has a number that no file has")


def _opened(plain: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=plain, mode="r|", bufsize=CHUNK, tarinfo=BoundedTarInfo)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except TAR_ERRORS as error:
        raise IntegrityError("the tar of a layer is damaged", why=str(error)) from error


def _read_entry(tar: tarfile.TarFile, found: tarfile.TarInfo) -> ReadEntry:
    entry = entry_of(found)

    def chunks() -> Iterator[bytes]:
        with _damage_told():
            if entry.kind is Kind.FILE and (content := tar.extractfile(found)):
                yield from chunks_of(cast("BinaryIO", content))

    return ReadEntry(entry=entry, chunks=chunks)


def entry_of(found: tarfile.TarInfo) -> Entry:
    """Return what the header of a tar says; ImageError for a path that leaves the root."""
    kind = _KINDS.get(found.type, Kind.FILE)
    # In the old format a directory is a file whose name ends with a slash; tarfile knows.
    kind = Kind.DIRECTORY if found.isdir() else kind
    return Entry(
        path=normal_path(found.name),
        kind=kind,
        mode=found.mode & 0o7777,
        uid=found.uid,
        gid=found.gid,
        size=found.size if kind is Kind.FILE else 0,
        mtime=int(found.mtime),
        link=normal_path(found.linkname) if kind is Kind.HARD_LINK else found.linkname,
        device=(found.devmajor, found.devminor) if kind in DEVICES else (0, 0),
        xattrs=_xattrs(found.pax_headers),
    )


DEVICES = frozenset({Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE})


def _xattrs(records: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    found = {
        name.removeprefix(_XATTR): value.encode("utf-8", "surrogateescape")
        for name, value in records.items()
        if name.startswith(_XATTR)
    }
    if any(len(value) > _LARGEST_ATTRIBUTE for value in found.values()):
        raise tarfile.ReadError("an extended attribute is larger than any system sets")
    return tuple(sorted(found.items()))
