"""One layer as it streams by: what it holds, and its bytes as gzip."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from jettison.measure.compression import LEVEL, CountedStream, GzipCounter
from jettison.measure.contents import MeasuredLayer, read_contents
from jettison.records import Records
from jettison.stores.cache import cache_directory


def known_layers(folder: Path | None = None) -> Records:
    """Give the layers that were measured before, by their hexadecimal digests."""
    return Records(folder or cache_directory() / f"layers-4-zlib-ng-{LEVEL}")


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
