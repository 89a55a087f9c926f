"""Images as immutable views: every change gives a new image, nothing is copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from jettison.errors import ImageError
from jettison.oci import media
from jettison.oci.config import Config
from jettison.oci.descriptor import Descriptor
from jettison.oci.history import History
from jettison.oci.layer import Attachment, Layer
from jettison.oci.manifest import Index, Manifest
from jettison.oci.platform import Platform, spoken
from jettison.oci.tree import FileTree, merge


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
        media_type: str = media.OCI_MANIFEST,
        annotations: Mapping[str, str] | None = None,
    ) -> Image:
        """Make an image of a config that already names the layers' diff IDs."""
        typed = tuple(layer.typed(media_type) for layer in layers)
        manifest = Manifest.compose(
            config=Descriptor.of(config.content, media.config_type(media_type)),
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

    @property
    def compressed_size(self) -> int:
        """The bytes of the layers as they are pulled."""
        return sum(layer.descriptor.size for layer in self.layers)

    def with_config(self, config: Config) -> Image:
        """Return the image with another config, which must name the same layers."""
        if config.diff_ids != tuple(layer.diff_id for layer in self.layers):
            raise ImageError("the config names other layers than the image has")
        return self._recomposed(config, self.layers)

    def with_annotations(self, annotations: Mapping[str, str]) -> Image:
        """Return the image with the annotations of its manifest added to."""
        merged = {**self.manifest.annotations, **annotations}
        return replace(self, manifest=self.manifest.evolve(annotations=merged))

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
