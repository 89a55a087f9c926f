"""Work beside other work, and what becomes of it when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor]:
    """Give threads for work in the background, and wait for it at the end.

    When the block fails, also by Ctrl-C, nothing further is begun and nobody waits here: what is
    running loses its containers to the engine's own end, and cleans up after itself.
    """
    pool = ThreadPoolExecutor()
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
