"""What a store writes for an image, in the order that never leaves a dangling name."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec import Struct

from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image, ImageSet
from jettison.oci.reference import Reference


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
