"""Layers made of segments: parts that are packed once and joined in any combination.

A segment is one gzip member or zstd frame over some whole tar entries. A layer is its segments one
after another and a last one with the end of the tar. Any gzip or zstd reader takes that for one
stream, and the diff ID is that of the joined tar: what was packed before is never packed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import DamagedCacheError, IntegrityError
from jettison.oci import media
from jettison.oci.compression import Compressor, uncompressed_chunks
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import DiffID, Digest
from jettison.oci.layer import Layer
from jettison.oci.stream import checked_chunks, chunks_of, reader
from jettison.oci.tar_writer import END_OF_TAR, Member, tar_segment
from jettison.records import Records
from jettison.stores.blobs import BlobDirectory


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

        media_type = media.layer_type(self.compressor.compression)
        descriptor = self.blobs.keep(self.compressor.member(counted()), media_type)
        return Segment(descriptor=descriptor, size=count)

    def layer(self, segments: Sequence[Segment]) -> Layer:
        """Join segments in their order; the members of all must have different paths.

        Nothing is copied: the layer reads the segments where they are.
        """
        words = self._layer_words(segments)
        joined = self.records.get(tuple[Descriptor, DiffID], *words)
        if joined is None:
            joined = self._joined(segments)
            self.records.put(joined, *words)
        descriptor, diff_id = joined
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
        media_type = media.layer_type(self.compressor.compression)
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
