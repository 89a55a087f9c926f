"""The files of an image archive, by name: in a tar on disk, or in the cache after a stream."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import Struct

from jettison.errors import ImageError, IntegrityError
from jettison.images.descriptor import Descriptor
from jettison.images.digest import OCI_LAYER
from jettison.images.entry import (
    TAR_ERRORS,
    BoundedTarInfo,
    Kind,
    ReadEntry,
    normal_path,
    read_entries,
)
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stream import CHUNK, reader

_MOST_LINKS = 8


class Members(Protocol):
    """Files of an archive."""

    def has(self, name: str) -> bool:
        """Tell whether the archive holds a file of this name."""

    def size(self, name: str) -> int:
        """Return a file's bytes."""

    def open(self, name: str) -> BinaryIO:
        """Open a file; ImageError when there is none."""


class _Place(Struct, frozen=True, kw_only=True):
    """Where a file's content lies in the tar."""

    offset: int
    size: int


class TarMembers:
    """The files of an uncompressed tar, read where they lie."""

    def __init__(self, path: Path) -> None:
        """Read the headers of ``path``; IntegrityError when it is not a tar."""
        self._path = path
        self._places, self._links = _scan(path)

    def has(self, name: str) -> bool:
        """Tell whether the archive holds a file of this name."""
        return _followed(name, self._links) in self._places

    def size(self, name: str) -> int:
        """Return a file's bytes."""
        return self._place(name).size

    def open(self, name: str) -> BinaryIO:
        """Open a part of the tar."""
        place = self._place(name)
        file = self._path.open("rb")
        return reader(_window(file, place), file)

    def _place(self, name: str) -> _Place:
        place = self._places.get(_followed(name, self._links))
        if place is None:
            raise ImageError(f"{self._path} is not a whole image", why=f"it has no file {name}")
        return place


class CachedMembers:
    """The files of a tar that came as a stream, kept in the cache."""

    def __init__(self, stream: BinaryIO, blobs: BlobDirectory, what: str) -> None:
        """Read ``stream`` to its end; ``what`` is what errors call it."""
        self._blobs = blobs
        self._what = what
        self._kept: dict[str, Descriptor] = {}
        self._links: dict[str, str] = {}
        new: list[Descriptor] = []
        try:
            for read in read_entries(stream):
                self._keep(read, new)
        except BaseException:
            # Nobody would find them again: what they are part of is not whole.
            for descriptor in new:
                blobs.path(descriptor.digest).unlink(missing_ok=True)
            raise

    def _keep(self, read: ReadEntry, new: list[Descriptor]) -> None:
        entry = read.entry
        if entry.kind is Kind.FILE:
            kept, was_there = self._blobs.keep_new(read.chunks(), OCI_LAYER)
            self._kept[entry.path] = kept
            new += [] if was_there else [kept]
        elif entry.link:
            hard = entry.kind is Kind.HARD_LINK
            self._links[entry.path] = _target(entry.path, entry.link, hard=hard)

    def has(self, name: str) -> bool:
        """Tell whether the archive holds a file of this name."""
        return _followed(name, self._links) in self._kept

    def size(self, name: str) -> int:
        """Return a file's bytes."""
        return self._descriptor(name).size

    def open(self, name: str) -> BinaryIO:
        """Open what the cache holds for a file."""
        return self._blobs.open(self._descriptor(name))

    def _descriptor(self, name: str) -> Descriptor:
        kept = self._kept.get(_followed(name, self._links))
        if kept is None:
            raise ImageError(f"{self._what} is not a whole image", why=f"it has no file {name}")
        return kept


def _followed(name: str, links: Mapping[str, str]) -> str:
    """Follow links between files of an archive, as older Docker versions write for equal layers."""
    for _ in range(_MOST_LINKS):
        if name not in links:
            break
        name = links[name]
    return name


def _target(name: str, link: str, *, hard: bool) -> str:
    """Return the file of the archive that the link ``name`` stands for."""
    near = "" if hard else posixpath.dirname(name)
    return posixpath.normpath(posixpath.join(near, link))


def _scan(path: Path) -> tuple[dict[str, _Place], dict[str, str]]:
    places: dict[str, _Place] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:", tarinfo=BoundedTarInfo) as tar:
            for found in tar:
                name = normal_path(found.name)
                if found.isreg():
                    places[name] = _Place(offset=found.offset_data, size=found.size)
                elif found.linkname:
                    links[name] = _target(name, found.linkname, hard=found.islnk())
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist") from error
    except (*TAR_ERRORS, OSError) as error:
        raise IntegrityError(f"{path} is not an image archive", why=str(error)) from error
    return places, links


def _window(file: BinaryIO, place: _Place) -> Iterator[bytes]:
    file.seek(place.offset)
    left = place.size
    while left and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        yield chunk
