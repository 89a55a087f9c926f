"""From a descriptor to an image, for any place that can be asked for blobs."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO, Protocol

from jettison.errors import ImageError
from jettison.oci import media
from jettison.oci.config import Config
from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image
from jettison.oci.layer import Layer
from jettison.oci.manifest import Index, Manifest
from jettison.oci.platform import Platform
from jettison.oci.reference import Reference

# Larger than any manifest a registry accepts (4 MiB) and any config seen; a bound on memory.
LARGEST_DOCUMENT = 16 << 20
_DEEPEST_INDEX = 4


class Source(Protocol):
    """A place that holds blobs."""

    def document(self, descriptor: Descriptor) -> bytes:
        """Return a manifest, an index or a config, checked against its digest."""

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a layer; reading it to the end checks it."""


def read_image(
    source: Source,
    top: Descriptor,
    platform: Platform,
    name: str,
    home: Reference | None = None,
) -> Image:
    """Return the image for ``platform`` that ``top``, a manifest or an index, stands for.

    ``name`` is what errors call the image.
    """
    manifest = Manifest(content=source.document(_manifest(source, top, platform, name)))
    if manifest.config.media_type not in media.CONFIGS:
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
        if descriptor.media_type in media.MANIFESTS:
            return descriptor
        if descriptor.media_type not in media.INDEXES:
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
