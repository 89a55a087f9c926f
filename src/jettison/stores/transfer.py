"""Several transfers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

AT_ONCE = 4
Work = TypeVar("Work")
Result = TypeVar("Result")


def mapped(work: Iterable[Work], do: Callable[[Work], Result]) -> list[Result]:
    """Do all of the work, four pieces at a time, and return the results in the order of the work.

    The first error ends what has not begun and is raised when what had begun has ended.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="jettison-transfer") as pool:
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
