"""Directories of blobs by digest, and layers made of chunks that are packed once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import DamagedCacheError, ImageError, IntegrityError
from jettison.images.descriptor import Descriptor
from jettison.images.digest import DiffID, Digest, layer_type
from jettison.images.image import Layer
from jettison.images.stores import (
    damaged_cache,
    is_sound,
    partial_path,
    regular_size,
    remove_abandoned,
    whole_file,
    writing,
)
from jettison.images.stream import (
    Compressor,
    checked_chunks,
    chunks_of,
    reader,
    uncompressed_chunks,
)
from jettison.images.tar_writer import END_OF_TAR, Member, tar_segment
from jettison.records import Records, discard, open_regular


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
        if self._cache:
            return regular_size(self.path(digest))
        try:
            return self.path(digest).stat().st_size
        except OSError:
            # also a link that leads in a circle
            return None

    def _clear(self, path: Path) -> None:
        """Remove a folder of the cache that takes the place of a blob."""
        if self._cache and path.is_dir():
            discard(path)

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
        except OSError as error:
            if self._cache:
                raise damaged_cache(path, error.strerror or str(error)) from error
            what = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
            raise ImageError(
                f"the blob {descriptor.digest} {what}", why=f"{path}: {error.strerror}"
            ) from error
        chunks = checked_chunks(chunks_of(file), descriptor.digest, descriptor.size, str(path))
        return reader(_mended(chunks, path) if self._cache else chunks, file)

    def add(self, descriptor: Descriptor, chunks: Iterable[bytes], what: str = "") -> None:
        """Store a blob unless it is there; IntegrityError, naming ``what``, for other bytes."""
        if self.has(descriptor):
            return
        name = what or f"the blob {descriptor.digest}"
        self._clear(self.path(descriptor.digest))
        with whole_file(self.path(descriptor.digest)) as file:
            for chunk in checked_chunks(chunks, descriptor.digest, descriptor.size, name):
                file.write(chunk)

    def keep(self, chunks: Iterable[bytes], media_type: str) -> Descriptor:
        """Store bytes whose digest is not known yet and return their descriptor."""
        return self.keep_new(chunks, media_type)[0]

    def keep_new(self, chunks: Iterable[bytes], media_type: str) -> tuple[Descriptor, bool]:
        """Do as ``keep``, and tell whether the blob was there already."""
        running = hashlib.sha256()
        size = 0
        directory = self.root / "sha256"
        with writing(directory), partial_path(directory / "unnamed") as partial:
            with partial.open("xb") as file:
                for chunk in chunks:
                    running.update(chunk)
                    size += file.write(chunk)
            digest = Digest.from_hash(running)
            self._clear(self.path(digest))
            was_there = self.path(digest).exists()
            partial.replace(self.path(digest))
        return Descriptor(media_type=media_type, digest=digest, size=size), was_there

    def remove_abandoned(self) -> None:
        """Remove what killed processes left; whole blobs stay."""
        remove_abandoned(self.root / "sha256")


def _mended(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Pass a blob of the cache through; a damaged one is removed, so that it is made again."""
    try:
        yield from chunks
    except IntegrityError as error:
        raise damaged_cache(path, error.why) from error


class Segment(Struct, frozen=True, kw_only=True):
    """A packed part of a layer: its blob in the cache, and its bytes before packing."""

    descriptor: Descriptor
    size: int


class SegmentCache(Struct, frozen=True, kw_only=True):
    """Keeps segments by key and joins them to layers; safe for several threads and processes.

    The compressor's identity is part of every key. Keys are the caller's: whatever determines the
    members, such as a wheel's digest and how it is installed.
    """

    blobs: BlobDirectory
    records: Records
    compressor: Compressor

    @classmethod
    def under(cls, directory: Path, compressor: Compressor) -> SegmentCache:
        """Return the segments of the cache in ``directory``."""
        blobs = BlobDirectory(directory / "blobs", cache=True)
        return cls(blobs=blobs, records=Records(directory / "records"), compressor=compressor)

    def get(self, key: str) -> Segment | None:
        """Return the segment that was put under ``key``, if it is still whole."""
        segment = self.records.get(Segment, *self._words("segment", key))
        return segment if segment and self.blobs.has(segment.descriptor) else None

    def put(self, key: str, members: Iterable[Member]) -> Segment:
        """Pack members and remember them under ``key``."""
        segment = self.pack(members)
        self.records.put(segment, *self._words("segment", key))
        return segment

    def pack(self, members: Iterable[Member]) -> Segment:
        """Pack members that no later build will ask for by a key."""
        count = 0

        def counted() -> Iterator[bytes]:
            nonlocal count
            for chunk in tar_segment(members):
                count += len(chunk)
                yield chunk

        media_type = layer_type(self.compressor.compression)
        descriptor = self.blobs.keep(self.compressor.member(counted()), media_type)
        return Segment(descriptor=descriptor, size=count)

    def layer(self, segments: Sequence[Segment]) -> Layer:
        """Join segments in their order; the members of all must have different paths.

        Nothing is copied: the layer reads the segments where they are.
        """
        words = self._layer_words(segments)
        descriptor, diff_id = self.records.kept(
            tuple[Descriptor, DiffID], lambda: self._joined(segments), *words
        )
        opening = partial(self._open, tuple(segments), descriptor)
        return Layer(descriptor=descriptor, diff_id=diff_id, open=opening)

    def _joined(self, segments: Sequence[Segment]) -> tuple[Descriptor, DiffID]:
        """Read the joined stream once for its digest and its diff ID."""
        packed, plain = hashlib.sha256(), hashlib.sha256()
        size = 0

        def passing() -> Iterator[bytes]:
            nonlocal size
            for chunk in self._chunks(segments):
                packed.update(chunk)
                size += len(chunk)
                yield chunk

        for chunk in uncompressed_chunks(reader(passing())):
            plain.update(chunk)
        media_type = layer_type(self.compressor.compression)
        descriptor = Descriptor(media_type=media_type, digest=Digest.from_hash(packed), size=size)
        return descriptor, DiffID.from_hash(plain)

    def _open(self, segments: Sequence[Segment], descriptor: Descriptor) -> BinaryIO:
        return reader(self._layer_chunks(segments, descriptor))

    def _layer_chunks(self, segments: Sequence[Segment], descriptor: Descriptor) -> Iterator[bytes]:
        what = f"the layer {descriptor.digest} made of cached segments"
        chunks = self._chunks(segments)
        try:
            yield from checked_chunks(chunks, descriptor.digest, descriptor.size, what)
        except DamagedCacheError:
            # Finds all that are damaged at once, as each would start the work again.
            for segment in segments:
                self.blobs.sound(segment.descriptor.digest)
            raise
        except IntegrityError as error:
            # Each segment is right, so what was remembered of their join is not.
            self.records.forget(*self._layer_words(segments))
            raise DamagedCacheError(error.what, why=error.why, hint="Run again.") from error

    def _chunks(self, segments: Sequence[Segment]) -> Iterator[bytes]:
        for segment in segments:
            with self.blobs.open(segment.descriptor) as file:
                yield from chunks_of(file)
        yield from self.compressor.member((END_OF_TAR,))

    def _layer_words(self, segments: Sequence[Segment]) -> tuple[str, ...]:
        digests = (str(segment.descriptor.digest) for segment in segments)
        return self._words("layer", "\n".join(digests))

    def _words(self, kind: str, key: str) -> tuple[str, ...]:
        return kind, self.compressor.identity, key
