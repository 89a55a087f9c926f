"""The files of an image archive, by name: in a tar on disk, or in the cache after a stream."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import ImageError, IntegrityError
from jettison.images.descriptor import Descriptor
from jettison.images.digest import OCI_LAYER
from jettison.images.entry import TAR_ERRORS, BoundedTarInfo, Entry, Kind, entry_of, read_entries
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stream import next_bytes, reader

_MOST_LINKS = 8


class Member(Struct, frozen=True, kw_only=True):
    """A file of an archive: its bytes, and what opens it."""

    size: int
    opened: Callable[[], BinaryIO]


class Members(Struct, frozen=True, kw_only=True):
    """Files of an archive by name, and what names stand for others; ``what`` is for errors.

    Older Docker versions write links between files of an archive for equal layers.
    """

    what: str
    files: Mapping[str, Member]
    links: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Tell whether the archive holds a file of this name."""
        return self._found(name) is not None

    def open(self, name: str) -> BinaryIO:
        """Open a file; ImageError when there is none."""
        return self.get(name).opened()

    def get(self, name: str) -> Member:
        """Return a file; ImageError when there is none."""
        found = self._found(name)
        if found is None:
            raise ImageError(f"{self.what} is not a whole image", why=f"it has no file {name}")
        return found

    def _found(self, name: str) -> Member | None:
        for _ in range(_MOST_LINKS):
            name = self.links.get(name, name)
        return self.files.get(name)


def members_of_tar(path: Path) -> Members:
    """Read the headers of an uncompressed tar; its files are read where they lie.

    IntegrityError when it is not a tar.
    """
    files: dict[str, Member] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:", tarinfo=BoundedTarInfo) as tar:
            for found in tar:
                entry = entry_of(found)
                if entry.kind is Kind.FILE:
                    opened = partial(_opened, path, found.offset_data, found.size)
                    files[entry.path] = Member(size=found.size, opened=opened)
                elif entry.link:
                    links[entry.path] = link_target(entry)
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist") from error
    except (*TAR_ERRORS, OSError) as error:
        raise IntegrityError(f"{path} is not an image archive", why=str(error)) from error
    return Members(what=str(path), files=files, links=links)


def members_of_stream(stream: BinaryIO, blobs: BlobDirectory, what: str) -> Members:
    """Read a tar to its end, and keep its files in the cache."""
    files: dict[str, Member] = {}
    links: dict[str, str] = {}
    new: list[Descriptor] = []
    try:
        for read in read_entries(stream):
            entry = read.entry
            if entry.kind is Kind.FILE:
                kept, was_there = blobs.keep_new(read.chunks(), OCI_LAYER)
                files[entry.path] = Member(size=kept.size, opened=partial(blobs.open, kept))
                new += [] if was_there else [kept]
            elif entry.link:
                links[entry.path] = link_target(entry)
    except BaseException:
        # Nobody would find them again: what they are part of is not whole.
        for descriptor in new:
            blobs.path(descriptor.digest).unlink(missing_ok=True)
        raise
    return Members(what=what, files=files, links=links)


def link_target(entry: Entry) -> str:
    """Return the file of the archive that a link stands for."""
    near = "" if entry.kind is Kind.HARD_LINK else posixpath.dirname(entry.path)
    return posixpath.normpath(posixpath.join(near, entry.link))


def _opened(path: Path, offset: int, size: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(offset)
    return reader(next_bytes(file, size), file)
