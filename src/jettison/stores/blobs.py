"""Directories of blobs by digest, as an OCI layout has them and as the cache uses them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from jettison.errors import ImageError, IntegrityError
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import Digest
from jettison.oci.stream import checked_chunks, chunks_of, reader
from jettison.stores.files import (
    open_regular,
    partial_path,
    remove_abandoned,
    whole_file,
    writing,
)
from jettison.stores.seals import damaged_cache, is_sound


class BlobDirectory:
    """Blobs in ``root``, each in a file named by its digest.

    Files appear whole, so any number of processes may write the same blobs at once, and a process
    that is killed leaves nothing wrong behind.
    """

    def __init__(self, root: Path, *, cache: bool = False) -> None:
        """``cache`` says that the directory is Jettison's own: damaged blobs are removed."""
        self.root = root
        self._cache = cache

    def path(self, digest: Digest) -> Path:
        """Return where a blob is, or would be."""
        return self.root / digest.algorithm / digest.hex

    def size(self, digest: Digest) -> int | None:
        """Return the bytes of a blob, or None when it is not there."""
        try:
            return self.path(digest).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, descriptor: Descriptor) -> bool:
        """Tell whether the blob is there with its full size."""
        return self.size(descriptor.digest) == descriptor.size

    def sound(self, digest: Digest) -> bool:
        """Tell whether a blob is there, reading it once in a process; a damaged one is removed."""
        return is_sound(self.path(digest), digest.algorithm, digest.hex)

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a blob; reading it to the end checks it against its digest."""
        path = self.path(descriptor.digest)
        try:
            file = open_regular(path)
        except FileNotFoundError as error:
            raise ImageError(
                f"the blob {descriptor.digest} is missing", why=f"{path} does not exist"
            ) from error
        chunks = checked_chunks(chunks_of(file), descriptor.digest, descriptor.size, str(path))
        return reader(_mended(chunks, path) if self._cache else chunks, file)

    def add(self, descriptor: Descriptor, chunks: Iterable[bytes], what: str = "") -> None:
        """Store a blob unless it is there; IntegrityError, naming ``what``, for other bytes."""
        if self.has(descriptor):
            return
        name = what or f"the blob {descriptor.digest}"
        with whole_file(self.path(descriptor.digest)) as file:
            for chunk in checked_chunks(chunks, descriptor.digest, descriptor.size, name):
                file.write(chunk)

    def keep(self, chunks: Iterable[bytes], media_type: str) -> Descriptor:
        """Store bytes whose digest is not known yet and return their descriptor."""
        running = hashlib.sha256()
        size = 0
        directory = self.root / "sha256"
        with writing(directory), partial_path(directory / "unnamed") as partial:
            with partial.open("xb") as file:
                for chunk in chunks:
                    running.update(chunk)
                    size += file.write(chunk)
            digest = Digest.from_hash(running)
            partial.replace(self.path(digest))
        return Descriptor(media_type=media_type, digest=digest, size=size)

    def remove_abandoned(self) -> None:
        """Remove what killed processes left; whole blobs stay."""
        remove_abandoned(self.root / "sha256")


def _mended(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Pass a blob of the cache through; a damaged one is removed, so that it is made again."""
    try:
        yield from chunks
    except IntegrityError as error:
        raise damaged_cache(path, error.why) from error
