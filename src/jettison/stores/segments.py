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

from jettison.oci import media
from jettison.oci.compression import Compressor, uncompressed_chunks
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import DiffID, Digest
from jettison.oci.document import Json
from jettison.oci.layer import Layer
from jettison.oci.stream import checked_chunks, chunks_of, reader
from jettison.oci.tar_writer import END_OF_TAR, Member, tar_segment
from jettison.stores.blobs import BlobDirectory
from jettison.stores.records import Records


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
        blobs = BlobDirectory(directory / "blobs")
        return cls(blobs=blobs, records=Records(directory / "records"), compressor=compressor)

    def get(self, key: str) -> Segment | None:
        """Return the segment that was put under ``key``, if it is still whole."""
        record = self.records.get(self._key("segment", key))
        if record is None:
            return None
        segment = Segment(descriptor=Descriptor.from_fields(record["blob"]), size=record["size"])
        return segment if self.blobs.has(segment.descriptor) else None

    def put(self, key: str, members: Iterable[Member]) -> Segment:
        """Pack members and remember them under ``key``."""
        segment = self.pack(members)
        record = {"blob": segment.descriptor.fields, "size": segment.size}
        self.records.put(self._key("segment", key), record)
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
        key = self._key("layer", *(str(segment.descriptor.digest) for segment in segments))
        record = self.records.get(key)
        if record is None:
            record = self._joined(segments)
            self.records.put(key, record)
        descriptor = Descriptor.from_fields(record["blob"])
        return Layer(
            descriptor=descriptor,
            diff_id=DiffID.parse(record["diff_id"]),
            open=partial(self._open, tuple(segments), descriptor),
        )

    def _joined(self, segments: Sequence[Segment]) -> dict[str, Json]:
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
        return {"blob": descriptor.fields, "diff_id": str(DiffID.from_hash(plain))}

    def _open(self, segments: Sequence[Segment], descriptor: Descriptor) -> BinaryIO:
        what = f"the layer {descriptor.digest} made of cached segments"
        chunks = self._chunks(segments)
        return reader(checked_chunks(chunks, descriptor.digest, descriptor.size, what))

    def _chunks(self, segments: Sequence[Segment]) -> Iterator[bytes]:
        for segment in segments:
            with self.blobs.path(segment.descriptor.digest).open("rb") as file:
                yield from chunks_of(file)
        yield from self.compressor.member((END_OF_TAR,))

    def _key(self, kind: str, *parts: str) -> str:
        return "\n".join((kind, self.compressor.identity, *parts))
