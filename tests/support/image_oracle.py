"""An oracle for images: recomputes everything that can be wrong about one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from jettison.errors import JettisonError
from jettison.images.digest import CONFIGS, MANIFESTS, DiffID
from jettison.images.image import Image, Layer
from jettison.images.stream import checked, uncompressed_chunks


def validate(image: Image) -> tuple[str, ...]:
    """Read every byte of an image and return what is wrong with it, one sentence each."""
    return (*_documents(image), *_counts(image), *_contents(image))


def _documents(image: Image) -> Iterator[str]:
    manifest, config = image.manifest, image.config
    if manifest.media_type not in MANIFESTS:
        yield f"the manifest has the media type {manifest.media_type}"
    if manifest.config.media_type not in CONFIGS:
        yield f"the config has the media type {manifest.config.media_type}"
    if manifest.config.digest != config.digest:
        yield f"the manifest names the config {manifest.config.digest}, it is {config.digest}"
    if manifest.config.size != config.size:
        yield f"the manifest gives the config {manifest.config.size} bytes, it has {config.size}"
    if manifest.layers != tuple(layer.descriptor for layer in image.layers):
        yield "the manifest lists other layers than the image has"
    if not image.platform.architecture:
        yield "the config names no architecture"


def _counts(image: Image) -> Iterator[str]:
    if image.config.diff_ids != tuple(layer.diff_id for layer in image.layers):
        yield "the config lists other diff IDs than the layers have"
    made = sum(not entry.empty_layer for entry in image.config.history)
    if image.config.history and made != len(image.layers):
        yield f"the history tells of {made} layers, there are {len(image.layers)}"


def _contents(image: Image) -> Iterator[str]:
    for number, layer in enumerate(image.layers):
        try:
            yield from _content(layer, number)
        except JettisonError as error:
            yield f"layer {number}: {error.what}: {error.why}"


def _content(layer: Layer, number: int) -> Iterator[str]:
    running = hashlib.sha256()
    what = f"layer {number}"
    with checked(layer.open(), layer.descriptor.digest, layer.descriptor.size, what) as stream:
        for chunk in uncompressed_chunks(stream):
            running.update(chunk)
    found = DiffID.from_hash(running)
    if found != layer.diff_id:
        yield f"layer {number} has the diff ID {found}, the config says {layer.diff_id}"
    for _ in layer.entries():
        """Parsing the tar to its end is the test."""
