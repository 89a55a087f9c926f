"""Several transfers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from jettison.oci.image import Image
from jettison.oci.layer import Layer

AT_ONCE = 4
Work = TypeVar("Work")


def each(work: Iterable[Work], do: Callable[[Work], None]) -> None:
    """Do all of the work, four pieces at a time; the first error ends what has not begun."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="jettison-transfer") as pool:
        futures = [pool.submit(do, one) for one in work]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            for future in futures:
                future.cancel()
    for future in done:
        future.result()


def fetch(image: Image) -> None:
    """Bring the layers of an image into the cache of its store, where it has one."""
    each(image.layers, _fetch)


def _fetch(layer: Layer) -> None:
    layer.open().close()
