"""Work in the background of a build, whose own waits for programs and the network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

Result = TypeVar("Result")
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
