"""The layers of an image of any store, read once and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from jettison.measure.compression import compression_pool
from jettison.measure.contents import MeasuredLayer
from jettison.measure.layer import known_layers, measured_layer
from jettison.oci.image import Image
from jettison.oci.layer import Layer
from jettison.oci.media import Compression
from jettison.progress import Progress, step
from jettison.records import Records


def measured_layers(
    image: Image, progress: Progress, known: Records | None = None
) -> tuple[MeasuredLayer, ...]:
    """Read an image's layers, lowest first, one after the other and none of them in memory.

    Raises what its store raises, and IntegrityError when a layer is damaged.
    """
    known = known or known_layers()
    with compression_pool() as pool, step(progress, "Reading the layers"):
        return tuple(_measured(image, known, pool))


def _measured(image: Image, known: Records, pool: ThreadPoolExecutor) -> Iterator[MeasuredLayer]:
    for layer in image.layers:
        # By what its bytes are known by when they are read: the diff ID is what an image claims.
        digest = layer.descriptor.digest.hex
        found = known.get(MeasuredLayer, digest)
        if found is None:
            found = _read(layer, pool)
            known.put(found, digest)
        yield found


def _read(layer: Layer, pool: ThreadPoolExecutor) -> MeasuredLayer:
    packed = layer.compression is not Compression.NONE
    with layer.open() as stream:
        size = layer.descriptor.size if packed else None
        return measured_layer(stream, pool, packed_size=size)
