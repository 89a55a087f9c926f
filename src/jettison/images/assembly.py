"""From a descriptor to an image, and from an image to what a store writes, in a safe order."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Protocol

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.config import Config
from jettison.images.descriptor import Descriptor, Index, Manifest, Platform
from jettison.images.digest import CONFIGS, INDEXES, MANIFESTS
from jettison.images.image import Image, ImageSet, Layer
from jettison.images.reference import Reference

# Larger than any manifest a registry accepts (4 MiB) and any config seen; a bound on memory.
LARGEST_DOCUMENT = 8 << 20
_DEEPEST_INDEX = 4


def read_document(stream: BinaryIO, name: str) -> bytes:
    """Read a manifest, an index or a config to its end; ImageError when it is too large."""
    content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise ImageError(f"{name} has more than {LARGEST_DOCUMENT >> 20} MiB")
    return content


class Source(Protocol):
    """A place that holds blobs."""

    def document(self, descriptor: Descriptor) -> bytes:
        """Return a manifest, an index or a config, checked against its digest."""

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a layer; reading it to the end checks it."""


def read_image(
    source: Source, top: Descriptor, platform: Platform, name: str, home: Reference | None = None
) -> Image:
    """Return the image for ``platform`` that ``top``, a manifest or an index, stands for.

    ``name`` is what errors call the image.
    """
    manifest = Manifest(content=source.document(_manifest(source, top, platform, name)))
    if manifest.config.media_type not in CONFIGS:
        raise ImageError(
            f"{name} is not an image", why=f"it holds {manifest.config.media_type or 'no config'}"
        )
    config = Config(content=source.document(manifest.config))
    require_platform(config, platform, name)
    return Image(config=config, manifest=manifest, layers=_layers(source, manifest, config, home))


def require_platform(config: Config, platform: Platform, name: str) -> None:
    """Raise ImageError when an image is for another platform; old images do not say."""
    if config.platform.architecture and not config.platform.suits(platform):
        raise ImageError(
            f"{name} has no image for {platform}",
            why=f"it is for {config.platform}",
            hint="Choose that platform, or another base image.",
        )


def _manifest(source: Source, top: Descriptor, platform: Platform, name: str) -> Descriptor:
    descriptor = top
    for _ in range(_DEEPEST_INDEX):
        if descriptor.media_type in MANIFESTS:
            return descriptor
        if descriptor.media_type not in INDEXES:
            raise ImageError(
                f"{name} cannot be read",
                why=f"it has the media type {descriptor.media_type or 'of nothing'}",
                hint="Push it again with a current version of Docker or Podman.",
            )
        index = Index(content=source.document(descriptor))
        descriptor = index.choose(platform, name)
    raise ImageError(f"{name} has indexes within indexes, more than {_DEEPEST_INDEX} deep")


def _layers(
    source: Source, manifest: Manifest, config: Config, home: Reference | None
) -> tuple[Layer, ...]:
    descriptors, diff_ids = manifest.layers, config.diff_ids
    if len(descriptors) != len(diff_ids):
        raise ImageError(
            "the image's manifest and config do not agree",
            why=f"they name {len(descriptors)} and {len(diff_ids)} layers",
        )
    return tuple(
        Layer(descriptor=one, diff_id=diff_id, open=partial(source.open, one), home=home)
        for one, diff_id in zip(descriptors, diff_ids, strict=True)
    )


class Blob(Struct, frozen=True, kw_only=True):
    """Bytes to write: a layer, a config or an attachment's content."""

    descriptor: Descriptor
    open: Callable[[], BinaryIO]
    home: Reference | None = None


class Publication(Struct, frozen=True, kw_only=True):
    """Blobs first, then manifests that name only what is there, then the one that gets the name.

    ``attachments`` are manifests that refer to an image; no index lists them.
    """

    blobs: tuple[Blob, ...]
    manifests: tuple[tuple[Descriptor, bytes], ...]
    top: tuple[Descriptor, bytes]
    attachments: tuple[tuple[Descriptor, bytes], ...]

    @classmethod
    def of(cls, content: Image | ImageSet) -> Publication:
        """List what ``content`` consists of, each blob once."""
        images = content.images if isinstance(content, ImageSet) else (content,)
        blobs = {blob.descriptor.digest: blob for image in images for blob in _blobs(image)}
        manifests = tuple((image.descriptor, image.manifest.content) for image in images)
        attachments = tuple(entry for image in images for entry in _attachments(image))
        if isinstance(content, ImageSet):
            index = content.index
            top = (index.descriptor, index.content)
        else:
            ((_, document),) = manifests
            top, manifests = (content.manifest.descriptor, document), ()
        return cls(
            blobs=tuple(blobs.values()), manifests=manifests, top=top, attachments=attachments
        )


def _blobs(image: Image) -> Iterator[Blob]:
    for layer in image.layers:
        yield Blob(descriptor=layer.descriptor, open=layer.open, home=layer.home)
    yield _document(image.manifest.config, image.config.content)
    for attachment in image.attachments:
        for descriptor, content in attachment.blobs:
            yield _document(descriptor, content)


def _document(descriptor: Descriptor, content: bytes) -> Blob:
    return Blob(descriptor=descriptor, open=lambda: io.BytesIO(content))


def _attachments(image: Image) -> Iterator[tuple[Descriptor, bytes]]:
    for attachment in image.attachments:
        manifest = attachment.manifest(image.manifest.descriptor)
        descriptor = Descriptor(
            media_type=manifest.media_type,
            digest=manifest.digest,
            size=manifest.size,
            artifact_type=attachment.artifact_type,
        )
        yield descriptor, manifest.content
