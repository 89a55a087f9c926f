"""Run tasks concurrently; cancel the rest when one fails."""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event
from typing import TypeVar

Result = TypeVar("Result")
Other = TypeVar("Other")


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor]:
    """Give threads for work in the background, and wait for it at the end.

    When the block fails, also by Ctrl-C, nothing further is begun and nobody waits here: what is
    running loses its containers to the engine's own end, and cleans up after itself.
    """
    keep_little()
    pool = ThreadPoolExecutor()
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def both(
    one: Callable[[], Result], other: Callable[[], Other], *, memory: int
) -> tuple[Result, Other]:
    """Do two things at the same time, or in turn where there is no room for the bytes of both."""
    if 2 * memory > _available():
        return one(), other()
    with beside() as pool:
        later = pool.submit(other)
        return one(), later.result()


def _available() -> float:
    """Give how many bytes of memory programs can have without swapping (proc(5), "meminfo")."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return math.inf
    found = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(next(found, 0)) * 1024 or math.inf


AT_ONCE = 4
Work = TypeVar("Work")


def mapped(work: Iterable[Work], do: Callable[[Work], Result], *, memory: int = 0) -> list[Result]:
    """Do all of the work, four pieces at a time, and return the results in the order of the work.

    Fewer at a time where there is no room for the bytes of ``memory`` of each. The first error ends
    what has not begun and is raised when what had begun has ended.
    """
    room = max(1.0, _available() / memory) if memory else AT_ONCE
    at_once = int(min(room, AT_ONCE))
    with ThreadPoolExecutor(at_once, thread_name_prefix="jettison-mapped") as pool:
        futures = [pool.submit(do, one) for one in work]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            for future in futures:
                future.cancel()
    for future in done:
        # Raises what went wrong first, rather than that the others were cancelled.
        future.result()
    return [future.result() for future in futures]


GoOn = Callable[[], bool]
# Threads that pack and unpack come back from a library every millisecond or two. Python lets the
# running thread keep the interpreter for five, which leaves a processor idle meanwhile.
_INTERVAL = 0.0005


def take_turns() -> None:
    """Let threads of this process change places more often."""
    sys.setswitchinterval(_INTERVAL)


def in_background(do: Callable[[], Result]) -> Callable[[], Result]:
    """Begin to ``do`` something in a thread; what is returned waits for it and gives its result.

    It raises what was raised there. What nobody waits for ends by itself.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="jettison-background")
    future = pool.submit(do)
    pool.shutdown(wait=False)
    return future.result


@contextmanager
def ahead(do: Callable[[GoOn], Result]) -> Iterator[Callable[[], Result]]:
    """Begin to ``do`` what may be needed; what is given waits for it, as ``in_background`` says.

    ``do`` gets what tells whether to go on: no more when the block was left, as by an error, which
    must not wait for work that nobody needs.
    """
    left = Event()
    try:
        yield in_background(lambda: do(lambda: not left.is_set()))
    finally:
        left.set()


# malloc.h of glibc. An arena for each thread keeps tens of megabytes that nothing uses. Blocks up
# to the threshold come from arenas, where the next one takes the pages of the last; larger ones
# come from the system, page by page, and go back. What is free at the end of an arena goes back
# above a limit.
_ARENA_MAX = -8
_MMAP_THRESHOLD = -3
_TRIM_THRESHOLD = -1
_LARGEST_BLOCK = 4 << 20
_LARGEST_REST = 16 << 20


@cache
def keep_little() -> None:
    """Make glibc keep little of what is freed; other C libraries are not changed."""
    try:
        option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    option(_ARENA_MAX, 2)
    option(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    option(_TRIM_THRESHOLD, _LARGEST_REST)
