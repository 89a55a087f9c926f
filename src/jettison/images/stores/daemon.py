"""The images that the Docker daemon or Podman holds, through their command lines."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO, cast

from jettison.errors import EngineError, ImageError, UnsupportedError
from jettison.images.assembly import require_platform
from jettison.images.config import Config
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.digest import OCI_CONFIG, OCI_LAYER, Compression, DiffID, Digest, layer_type
from jettison.images.image import Image, ImageSet, Layer
from jettison.images.reference import Reference
from jettison.images.stores.archive import archive_tar, read_archive
from jettison.images.stores.blobs import BlobDirectory, SegmentCache
from jettison.images.stores.members import members_of_stream
from jettison.images.stream import chunks_of
from jettison.processes import STREAM_SECONDS, Completed, piped, run
from jettison.processes.concurrent import mapped
from jettison.values import replace

# What Docker and Podman say when the daemon answers but has no such image.
_ABSENT = ("no such image", "image not known", "no such object", "not found")


class DaemonStore:
    """The image storage behind ``docker`` or ``podman``.

    Such storage keeps configs and unpacked layers, not manifests: an image that is read has the
    same config and diff IDs as what was written, and uncompressed layers.
    """

    def __init__(self, program: str, cache: BlobDirectory) -> None:
        """``cache`` takes the layers of what is read, so that they are saved once."""
        self._program = program
        self._cache = cache

    def __str__(self) -> str:
        return self._program

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return an image of the daemon; nothing is saved when the cache has its layers."""
        name = _required(reference)
        found = self.find(reference)
        if found is None:
            raise ImageError(
                f"{self} has no image {name}", hint=f"Fetch it: {self._program} pull {name}"
            )
        return self._cached(found.digest, platform, name) or self._saved(name, platform)

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Load an image; attachments stay behind, as daemons have no place for them."""
        if isinstance(content, ImageSet):
            raise UnsupportedError(
                f"{self} keeps one platform under a name, not {len(content.images)}",
                hint="Choose one with --platform, or write to a registry or an OCI layout.",
            )
        load = (self._program, "load")
        done = run(load, stdin=archive_tar(content, reference), timeout=STREAM_SECONDS)
        if done.status:
            raise self._failed("the image could not be loaded", done)
        return self.find(reference) or content.manifest.config

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for: a config, or what the daemon has for its identity."""
        name = _required(reference)
        command = (self._program, "image", "inspect", "--format={{.Id}}", "--", name)
        done = run(command, timeout=60)
        if done.status and any(text in done.error_text.lower() for text in _ABSENT):
            return None
        if done.status:
            raise self._failed(f"whether it has {name} could not be found out", done)
        algorithm, _, digest = done.text.rpartition(":")
        identity = Digest.parse(f"{algorithm or 'sha256'}:{digest}")
        return Descriptor(media_type=OCI_CONFIG, digest=identity, size=0)

    def _saved(self, name: str, platform: Platform) -> Image:
        with piped((self._program, "save", "--", name)) as stream:
            members = members_of_stream(
                cast("BinaryIO", stream), self._cache, f"what {self} saved of {name}"
            )
        return read_archive(members, None, platform, name)

    def _cached(self, identity: Digest, platform: Platform, name: str) -> Image | None:
        size = self._cache.size(identity)
        if size is None:
            return None
        descriptor = Descriptor(media_type=OCI_CONFIG, digest=identity, size=size)
        with self._cache.open(descriptor) as stream:
            content = stream.read()
        if b'"rootfs"' not in content:
            return None
        config = Config(content=content)
        layers = [self._layer(diff_id) for diff_id in config.diff_ids]
        if not all(layers):
            return None
        require_platform(config, platform, name)
        return Image.compose(config, cast("list[Layer]", layers))

    def _layer(self, diff_id: DiffID) -> Layer | None:
        digest = Digest(diff_id.algorithm, diff_id.hex)
        size = self._cache.size(digest)
        if size is None:
            return None
        descriptor = Descriptor(media_type=OCI_LAYER, digest=digest, size=size)
        opening = partial(self._cache.open, descriptor)
        return Layer(descriptor=descriptor, diff_id=diff_id, open=opening)

    def _failed(self, what: str, done: Completed) -> EngineError:
        return EngineError(
            f"{self}: {what}",
            why=done.error_text or f"exit status {done.status}",
            hint=f"Start it, or see what `{self._program} info` says.",
        )


def _required(reference: Reference | None) -> str:
    if reference is None:
        raise ImageError("a daemon's image has a name", hint="Name it, as in docker:app:1.")
    return reference.familiar


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
        media_type = layer_type(cache.compressor.compression)
        with layer.open() as stream:
            known = cache.blobs.keep(cache.compressor.member(chunks_of(stream)), media_type)
        cache.records.put(known, *words)
    opening = partial(cache.blobs.open, known)
    return Layer(descriptor=known, diff_id=layer.diff_id, open=opening)
