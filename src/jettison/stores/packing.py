"""Packing the layers that a store gave unpacked, as daemons do, before they are sent."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from jettison.oci import media
from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image
from jettison.oci.layer import Layer
from jettison.oci.media import Compression
from jettison.oci.stream import chunks_of
from jettison.stores.segments import SegmentCache
from jettison.stores.transfer import mapped


def packed(image: Image, cache: SegmentCache) -> Image:
    """Return the image with every uncompressed layer packed; others and the diff IDs stay.

    What was packed once is taken from the cache.
    """
    if all(layer.compression is not Compression.NONE for layer in image.layers):
        return image
    layers = mapped(image.layers, partial(_packed, cache))
    made = Image.compose(
        image.config,
        layers,
        media_type=image.manifest.media_type,
        annotations=image.manifest.annotations,
    )
    return replace(made, attachments=image.attachments)


def _packed(cache: SegmentCache, layer: Layer) -> Layer:
    if layer.compression is not Compression.NONE:
        return layer
    words = ("packed", cache.compressor.identity, str(layer.diff_id))
    known = cache.records.get(Descriptor, *words)
    if known is None or not cache.blobs.has(known):
        media_type = media.layer_type(cache.compressor.compression)
        with layer.open() as stream:
            known = cache.blobs.keep(cache.compressor.member(chunks_of(stream)), media_type)
        cache.records.put(known, *words)
    opening = partial(cache.blobs.open, known)
    return Layer(descriptor=known, diff_id=layer.diff_id, open=opening)
