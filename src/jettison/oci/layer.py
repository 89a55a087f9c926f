"""Layers and attachments: descriptors together with a way to their bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from jettison.oci import media
from jettison.oci.compression import compression_of, uncompressed
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import DiffID
from jettison.oci.manifest import Manifest
from jettison.oci.media import Compression
from jettison.oci.reference import Reference
from jettison.oci.tar_reader import ReadEntry, read_entries

_MAGIC_LENGTH = 4


class Layer(Struct, frozen=True, kw_only=True):
    """One layer of an image.

    ``open`` gives the stored (compressed) bytes as a new stream at each call and fails with
    IntegrityError when they are not those of ``descriptor``. ``home`` is a repository the layer is
    known to be in, from which a registry may mount it.
    """

    descriptor: Descriptor
    diff_id: DiffID
    open: Callable[[], BinaryIO]
    home: Reference | None = None

    # two layers are one when their bytes are, wherever those are found
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layer):
            return NotImplemented
        return (self.descriptor, self.diff_id) == (other.descriptor, other.diff_id)

    def __hash__(self) -> int:
        return hash((self.descriptor, self.diff_id))

    @classmethod
    def of(cls, content: bytes, media_type: str = "") -> Layer:
        """Make a layer of stored bytes held in memory, as tests and small layers need."""
        compression = compression_of(content[:_MAGIC_LENGTH])
        descriptor = Descriptor.of(content, media_type or media.layer_type(compression))
        with uncompressed(io.BytesIO(content)) as plain:
            diff_id = DiffID.of(plain.read())
        return cls(descriptor=descriptor, diff_id=diff_id, open=lambda: io.BytesIO(content))

    @property
    def compression(self) -> Compression:
        """What the media type says the layer is packed with."""
        kind = self.descriptor.media_type.removesuffix("+encrypted")
        if kind.endswith("zstd"):
            return Compression.ZSTD
        return Compression.GZIP if kind.endswith("gzip") else Compression.NONE

    def typed(self, manifest_type: str) -> Layer:
        """Return the layer with the media type that fits a manifest of ``manifest_type``."""
        fitting = media.layer_type(self.compression, manifest_type)
        return replace(self, descriptor=replace(self.descriptor, media_type=fitting))

    def entries(self) -> Iterator[ReadEntry]:
        """Read the entries; see ``read_entries`` for what the caller must keep to."""
        with self.open() as stream:
            yield from read_entries(stream)

    def uncompressed(self) -> BinaryIO:
        """Open the tar."""
        return uncompressed(self.open())

    def measure(self) -> int:
        """Return the bytes of the layer's files, uncompressed.

        Docker gives this for what it builds; for what it loads it adds the texts of symbolic links,
        which makes some hundredths of one per cent.
        """
        return sum(read.entry.size for read in self.entries())


class Attachment(Struct, frozen=True, kw_only=True):
    """A document that belongs to an image, such as its bill of materials."""

    artifact_type: str
    content: bytes

    @property
    def blobs(self) -> tuple[tuple[Descriptor, bytes], ...]:
        """The config (empty, by the specification) and the content."""
        empty = b"{}"
        return (
            (Descriptor.of(empty, media.OCI_EMPTY), empty),
            (Descriptor.of(self.content, self.artifact_type), self.content),
        )

    def manifest(self, subject: Descriptor) -> Manifest:
        """Return the manifest that refers to the image ``subject``."""
        (config, _), (content, _) = self.blobs
        plain = Descriptor(media_type=subject.media_type, digest=subject.digest, size=subject.size)
        return Manifest.compose(
            config=config, layers=[content], subject=plain, artifact_type=self.artifact_type
        )
