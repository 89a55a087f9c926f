"""Read the layers of an image once; attribute its bytes to owners."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from platform import machine
from queue import Queue
from typing import BinaryIO, cast

from msgspec import Struct

from jettison.contents.attribution import (
    Attribution,
    LayerPlace,
    claims_of,
    debian_versions,
    merged_claims,
)
from jettison.contents.gzip_size import LEVEL, GzipCounter, compression_pool
from jettison.contents.inspection import (
    InspectedLayer,
    Inspection,
    OwnedFile,
    duplicates_of,
    kinds_of,
)
from jettison.contents.measurement import MOST_TEXT, MeasuredLayer, TextRoom, read_contents
from jettison.contents.stored_files import (
    BaseLayers,
    Owner,
    OwnerKind,
    StoredFile,
    base_layers,
    instructions,
    is_copy,
    stored_files,
)
from jettison.errors import ImageError
from jettison.images import nearest
from jettison.images.config import History
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.image import Image, Layer
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.images.stream import chunks_of, reader
from jettison.progress import Progress, step
from jettison.records import Records

_CHUNK = 2**20
# Of 256 KiB each, read and not measured yet.
_WAITING = 32


class CountedStream:
    """A stream that feeds a counter with all that is read from it."""

    def __init__(self, stream: BinaryIO, counter: GzipCounter | None) -> None:
        self._stream = stream
        self._counter = counter

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        chunk = self._stream.read(size)
        if self._counter:
            self._counter.feed(chunk)
        return chunk

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_CHUNK):
            pass


def known_layers() -> Records:
    """Give the layers that were measured before, by their hexadecimal digests."""
    return Records(cache_directory() / f"layers-5-zlib-ng-{LEVEL}")


def measured_layer(
    stream: BinaryIO, pool: ThreadPoolExecutor, *, packed_size: int | None
) -> MeasuredLayer:
    """Read a layer to its end, holding nothing of it in memory but the texts of packages.

    ``packed_size`` are the bytes of a layer that is stored compressed, for they are what is pulled;
    with None it is counted what gzip would make of it.
    """
    counter = GzipCounter(pool) if packed_size is None else None
    watched = CountedStream(stream, counter)
    contents = read_contents(cast("BinaryIO", watched))
    watched.drain()
    size = counter.total() if counter else packed_size or 0
    return MeasuredLayer(contents=contents, compressed_size=size)


@contextmanager
def measured_beside(
    stream: BinaryIO, pool: ThreadPoolExecutor, *, packed_size: int | None
) -> Iterator[tuple[BinaryIO, Future[MeasuredLayer]]]:
    """Give a stream to read a layer from, and what is measured of it while it is read to its end.

    Few pieces wait in between, so a layer of any size passes in a few megabytes of memory.
    """
    pieces: Queue[bytes | None] = Queue(_WAITING)
    rest = iter(pieces.get, None)

    def measured() -> MeasuredLayer:
        try:
            return measured_layer(reader(rest), pool, packed_size=packed_size)
        finally:
            # whoever reads the layer never waits for what has failed
            deque(rest, maxlen=0)

    def passed() -> Iterator[bytes]:
        for piece in chunks_of(stream):
            pieces.put(piece)
            yield piece

    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(measured)
        try:
            yield reader(passed()), found
        finally:
            pieces.put(None)


class ImageContents(Struct, frozen=True, kw_only=True):
    """What is read of an image: its layers lowest first, and what its configuration tells."""

    name: str
    platform: str
    diff_ids: tuple[str, ...]
    history: tuple[History, ...]
    folder: str
    layers: tuple[MeasuredLayer, ...]


def inspection(image: ImageContents, base: BaseLayers) -> Inspection:
    """Attribute every byte of an image."""
    places = _places(image, base)
    files = tuple(sorted(_owned(image, places), key=lambda one: (one.file.path, one.file.layer)))
    return Inspection(
        name=image.name,
        platform=image.platform,
        layers=tuple(_layers(image, places, files)),
        base_known_by=base.known_by,
        files=files,
        duplicates=duplicates_of(files),
    )


def _places(image: ImageContents, base: BaseLayers) -> tuple[LayerPlace, ...]:
    made_by = instructions(image.history, len(image.layers))
    return tuple(
        LayerPlace(base=index < base.count, copied=is_copy(made), folder=image.folder)
        for index, made in enumerate(made_by)
    )


def _owned(image: ImageContents, places: Sequence[LayerPlace]) -> Iterator[OwnedFile]:
    contents = [layer.contents for layer in image.layers]
    by_layer: list[list[StoredFile]] = [[] for _ in contents]
    for stored in stored_files(contents):
        by_layer[stored.layer].append(stored)
    versions: dict[str, str] = {}
    claims: list[dict[str, Owner]] = []
    for layer in contents:
        versions.update(debian_versions(layer))
        claims.append(claims_of(layer, versions))
    attribution = Attribution(later=merged_claims(claims), versions=versions)
    for index, layer in enumerate(contents):
        attribution.begin_layer(claims[index])
        for stored in by_layer[index]:
            owner = attribution.owner(stored.path, places[index])
            yield OwnedFile(file=stored, owner=owner)
        yield from _written_twice(index, layer.size, by_layer[index])


def _written_twice(index: int, size: int, files: Sequence[StoredFile]) -> Iterator[OwnedFile]:
    """Account for the bytes of a layer that names a path more than once."""
    left = size - sum(file.size for file in files)
    if left:
        owner = Owner(kind=OwnerKind.UNOWNED, name="paths that one layer writes twice")
        yield OwnedFile(file=StoredFile(path="", layer=index, size=left, digest=None), owner=owner)


def _layers(
    image: ImageContents, places: Sequence[LayerPlace], files: Sequence[OwnedFile]
) -> Iterator[InspectedLayer]:
    made_by = instructions(image.history, len(image.layers))
    grouped: list[list[OwnedFile]] = [[] for _ in image.layers]
    for one in files:
        grouped[one.file.layer].append(one)
    for index, layer in enumerate(image.layers):
        own = tuple(grouped[index])
        yield InspectedLayer(
            diff_id=image.diff_ids[index],
            created_by=made_by[index],
            base=places[index].base,
            size=layer.contents.size,
            compressed_size=layer.compressed_size,
            files=len(own),
            wasted=sum(one.file.size for one in own if one.file.hidden),
            kinds=kinds_of(own),
        )


def measured_layers(image: Image, progress: Progress) -> tuple[MeasuredLayer, ...]:
    """Read an image's layers, lowest first, one after the other and none of them in memory.

    Raises what its store raises, and IntegrityError when a layer is damaged.
    """
    known = known_layers()
    with compression_pool() as pool, step(progress, "Reading the layers"):
        return tuple(_measured(image, known, pool))


def _measured(image: Image, known: Records, pool: ThreadPoolExecutor) -> Iterator[MeasuredLayer]:
    room = TextRoom(2 * MOST_TEXT)
    for layer in image.layers:
        # By what its bytes are known by when they are read: the diff ID is what an image claims.
        digest = layer.descriptor.digest.hex
        found = known.get(MeasuredLayer, digest)
        if found is None:
            found = _read(layer, pool)
            known.put(found, digest)
        room.take(sum(map(len, found.contents.texts.values())))
        yield found


def _read(layer: Layer, pool: ThreadPoolExecutor) -> MeasuredLayer:
    packed = layer.compression is not Compression.NONE
    with layer.open() as stream:
        size = layer.descriptor.size if packed else None
        return measured_layer(stream, pool, packed_size=size)


def inspect(name: str, progress: Progress, *, platform: str = "", base: str = "") -> Inspection:
    """Read an image, wherever it is, and attribute every byte of it.

    ``base`` names the image that it is made on. Raises ImageError when one of them does not exist
    or the image is not made on the other, and what the store raises.
    """
    image = image_of(name, platform)
    contents = ImageContents(
        name=name,
        platform=str(image.platform),
        diff_ids=tuple(map(str, image.config.diff_ids)),
        history=image.config.history,
        folder=image.config.working_directory,
        layers=measured_layers(image, progress),
    )
    return inspection(contents, _base(contents, base, platform))


def _base(contents: ImageContents, base: str, platform: str) -> BaseLayers:
    named = tuple(map(str, image_of(base, platform).config.diff_ids)) if base else ()
    found = base_layers(contents.history, contents.diff_ids, named)
    if found is None:
        raise ImageError(
            f"{contents.name} is not made on {base}",
            why="its lowest layers are not those of that image",
            hint="Omit --base to detect the base from the image's history.",
        )
    if not found.count and contents.layers and _has_packages(contents.layers[0]):
        return BaseLayers(count=1, known_by="its packages: the lowest layer has their database")
    return found


def _has_packages(layer: MeasuredLayer) -> bool:
    return any("var/lib/dpkg/status" in path for path in layer.contents.texts)


def image_of(name: str, platform: str) -> Image:
    """Find an image, wherever it is. Raises ImageError when there is none."""
    place = nearest(name, blob_cache())
    return place.store.read(place.reference, Platform.parse(platform or machine()))
