"""Reading the entries of a layer as they stream by, whatever the layer is packed with."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, BinaryIO, cast

from msgspec import Struct
from msgspec.structs import replace

from jettison.errors import IntegrityError
from jettison.oci.compression import uncompressed_chunks
from jettison.oci.digest import Digest
from jettison.oci.entry import Entry, Kind, normal_path
from jettison.oci.stream import CHUNK, chunks_of, reader

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


def read_entries(stream: BinaryIO) -> Iterator[ReadEntry]:
    """Read the entries of a layer, gzip, zstd or plain; contents are never held in memory.

    Content must be read before the next entry is asked for. Sparse files come with their holes
    filled. IntegrityError when the tar is damaged; ImageError for a path that leaves the root.
    """
    plain = reader(uncompressed_chunks(stream))
    if not plain.peek(1):
        return
    with _damage_told(), closing(tarfile.open(fileobj=plain, mode="r|", bufsize=CHUNK)) as tar:
        while (found := tar.next()) is not None:
            # tarfile keeps every header it has seen; a layer may have a million.
            cast("Any", tar).members.clear()
            yield _read_entry(tar, found)
        for _ in chunks_of(plain):
            """Drain, so that a checked stream under this one sees its end."""


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
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
        device=(found.devmajor, found.devminor) if kind in _DEVICES else (0, 0),
        xattrs=_xattrs(found.pax_headers),
    )


_DEVICES = frozenset({Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE})


def _xattrs(records: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    found = (
        (name.removeprefix(_XATTR), value.encode("utf-8", "surrogateescape"))
        for name, value in records.items()
        if name.startswith(_XATTR)
    )
    return tuple(sorted(found))
