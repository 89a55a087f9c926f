"""Images as immutable views: every change gives a new image, nothing is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.config import Config, History
from jettison.images.descriptor import Descriptor, Index, Manifest, Platform, spoken
from jettison.images.digest import (
    OCI_EMPTY,
    OCI_MANIFEST,
    Compression,
    DiffID,
    Digest,
    config_type,
    layer_type,
)
from jettison.images.entry import ReadEntry, read_entries
from jettison.images.reference import Reference
from jettison.images.tree import FileTree, merge
from jettison.values import replace


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

    @property
    def compression(self) -> Compression:
        """What the media type says the layer is packed with."""
        kind = self.descriptor.media_type.removesuffix("+encrypted")
        if kind.endswith("zstd"):
            return Compression.ZSTD
        return Compression.GZIP if kind.endswith("gzip") else Compression.NONE

    def typed(self, manifest_type: str) -> Layer:
        """Return the layer with the media type that fits a manifest of ``manifest_type``."""
        fitting = layer_type(self.compression, manifest_type)
        return replace(self, descriptor=replace(self.descriptor, media_type=fitting))

    def entries(self) -> Iterator[ReadEntry]:
        """Read the entries; see ``read_entries`` for what the caller must keep to.

        Raises IntegrityError at their end where they are not what the image's config says.
        """
        with self.open() as stream:
            inner = Digest(self.diff_id.algorithm, self.diff_id.hex)
            # of a layer that is not packed, ``open`` checks the very same
            yield from read_entries(stream, None if inner == self.descriptor.digest else inner)

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
            (Descriptor.of(empty, OCI_EMPTY), empty),
            (Descriptor.of(self.content, self.artifact_type), self.content),
        )

    def manifest(self, subject: Descriptor) -> Manifest:
        """Return the manifest that refers to the image ``subject``."""
        (config, _), (content, _) = self.blobs
        plain = Descriptor(media_type=subject.media_type, digest=subject.digest, size=subject.size)
        return Manifest.compose(
            config=config, layers=[content], subject=plain, artifact_type=self.artifact_type
        )


class Image(Struct, frozen=True, kw_only=True):
    """A manifest, its config and its layers, the base first.

    An image that was read keeps its documents byte for byte, and so its digest, until it is
    changed.
    """

    config: Config
    manifest: Manifest
    layers: tuple[Layer, ...]
    attachments: tuple[Attachment, ...] = ()

    @classmethod
    def compose(
        cls,
        config: Config,
        layers: Iterable[Layer] = (),
        *,
        media_type: str = OCI_MANIFEST,
        annotations: Mapping[str, str] | None = None,
    ) -> Image:
        """Make an image of a config that already names the layers' diff IDs."""
        typed = tuple(layer.typed(media_type) for layer in layers)
        manifest = Manifest.compose(
            config=Descriptor.of(config.content, config_type(media_type)),
            layers=[layer.descriptor for layer in typed],
            media_type=media_type,
            annotations=annotations,
        )
        return cls(config=config, manifest=manifest, layers=typed)

    @classmethod
    def empty(cls, platform: Platform, created: str = "") -> Image:
        """Return an image with no layer."""
        return cls.compose(Config.empty(platform, created))

    @property
    def platform(self) -> Platform:
        """What the image runs on."""
        return self.config.platform

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor of the manifest, with the platform, as an index lists it."""
        return replace(self.manifest.descriptor, platform=self.platform)

    def with_config(self, config: Config) -> Image:
        """Return the image with another config, which must name the same layers."""
        if config.diff_ids != tuple(layer.diff_id for layer in self.layers):
            raise ImageError("the config names other layers than the image has")
        return self._recomposed(config, self.layers)

    def with_attachments(self, attachments: Iterable[Attachment]) -> Image:
        """Return the image with other attachments; the digest stays."""
        return replace(self, attachments=tuple(attachments))

    def append(self, layer: Layer, history: History | None = None) -> Image:
        """Return the image with one layer more on top."""
        layers = (*self.layers, layer)
        entries = (*self._full_history(), history or History())
        config = self.config.with_layers((one.diff_id for one in layers), entries)
        return self._recomposed(config, layers)

    def tree(self, *, digests: bool = False) -> FileTree:
        """Read all layers and return the file tree; ``digests`` hashes the contents too."""
        return merge(
            (read.hashed() if digests else read.entry for read in layer.entries())
            for layer in self.layers
        )

    def measure(self) -> int:
        """Return the bytes of all files of all layers; see ``Layer.measure``."""
        return sum(layer.measure() for layer in self.layers)

    def _full_history(self) -> tuple[History, ...]:
        """Return the history, or one blank entry for each layer when the image tells none."""
        return self.config.history or tuple(History() for _ in self.layers)

    def _recomposed(self, config: Config, layers: tuple[Layer, ...]) -> Image:
        made = Image.compose(
            config,
            layers,
            media_type=self.manifest.media_type,
            annotations=self.manifest.annotations,
        )
        return replace(made, attachments=self.attachments)


class ImageSet(Struct, frozen=True, kw_only=True):
    """One image for several platforms, each platform once."""

    images: tuple[Image, ...]

    def __post_init__(self) -> None:
        platforms = [image.platform for image in self.images]
        if len(set(platforms)) != len(platforms):
            raise ImageError(f"two images for one platform: {spoken(platforms)}")

    @property
    def index(self) -> Index:
        """The index of the images, in the order of their platforms."""
        ordered = sorted(self.images, key=lambda image: image.platform)
        return Index.compose(image.descriptor for image in ordered)
