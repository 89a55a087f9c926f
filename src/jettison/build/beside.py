"""Work that goes on beside that of the caller, whose own waits for programs and the network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
# Threads that pack and unpack come back from a library every millisecond or two. Python lets the
# running thread keep the interpreter for five, which leaves a processor idle meanwhile.
_INTERVAL = 0.0005


def take_turns() -> None:
    """Let threads of this process change places more often."""
    sys.setswitchinterval(_INTERVAL)


def beside(do: Callable[[], Result]) -> Callable[[], Result]:
    """Begin to ``do`` something in a thread; what is returned waits for it and gives its result.

    It raises what was raised there. What nobody waits for ends by itself.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="jettison-beside")
    future = pool.submit(do)
    pool.shutdown(wait=False)
    return future.result
