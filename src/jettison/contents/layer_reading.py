"""Read the layers of an image once, and count what gzip makes of them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from platform import machine
from queue import Queue
from typing import BinaryIO, cast

from zlib_ng import zlib_ng

from jettison.contents.attribution import inspection
from jettison.contents.inspection import ImageContents, Inspection
from jettison.contents.measurement import MOST_TEXT, MeasuredLayer, TextRoom, read_contents
from jettison.contents.stored_files import BaseLayers, base_layers
from jettison.errors import ImageError
from jettison.images import nearest
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.image import Image, Layer
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.images.stream import chunks_of, reader
from jettison.progress import Progress, step
from jettison.records import Records

LEVEL = 6
_CHUNK = 2**20
_WINDOW = 2**15
_HEADER_AND_TRAILER = 18
_WORKERS = max(1, os.cpu_count() or 1)
# Of 256 KiB each, read and not measured yet.
_WAITING = 32


class GzipCounter:
    """Counts what gzip would make of the bytes it is given, on all processors.

    The bytes are compressed in pieces of 1 MiB that know the 32 KiB before them, so the count is
    within a thousandth of what one pass gives.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._waiting: deque[Future[int]] = deque()
        self._piece = bytearray()
        self._before = b""
        self._total = _HEADER_AND_TRAILER

    def feed(self, chunk: bytes) -> None:
        """Count these bytes too."""
        self._piece += chunk
        while len(self._piece) >= _CHUNK:
            self._send(bytes(self._piece[:_CHUNK]))
            del self._piece[:_CHUNK]

    def total(self) -> int:
        """Give the count; nothing can be fed after it."""
        if self._piece:
            self._send(bytes(self._piece))
            self._piece.clear()
        while self._waiting:
            self._total += self._waiting.popleft().result()
        return self._total

    def _send(self, piece: bytes) -> None:
        # a bounded queue: a layer of any size passes in a few megabytes of memory
        while len(self._waiting) > 2 * _WORKERS:
            self._total += self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(_deflated, piece, self._before))
        self._before = piece[-_WINDOW:]


def compression_pool() -> ThreadPoolExecutor:
    """Make the threads that counters share; zlib-ng releases the interpreter while it works."""
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix="jettison-gzip")


def _deflated(piece: bytes, before: bytes) -> int:
    options = (LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS, zlib_ng.DEF_MEM_LEVEL)
    packer = (
        zlib_ng.compressobj(*options, zdict=before) if before else zlib_ng.compressobj(*options)
    )
    return len(packer.compress(piece)) + len(packer.flush(zlib_ng.Z_SYNC_FLUSH))


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
