"""Gives memory back to the machine while an image is built."""

from __future__ import annotations

import ctypes

# malloc.h of glibc. An arena for each thread keeps tens of megabytes that nothing uses. Blocks up
# to the threshold come from arenas, where the next one takes the pages of the last; larger ones
# come from the system, page by page, and go back. What is free at the end of an arena goes back
# above a limit.
_ARENA_MAX = -8
_MMAP_THRESHOLD = -3
_TRIM_THRESHOLD = -1
_LARGEST_BLOCK = 4 << 20
_LARGEST_REST = 16 << 20


def keep_little() -> None:
    """Ask the C library to hold on to little of what is freed; others than glibc are left alone."""
    try:
        option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    option(_ARENA_MAX, 2)
    option(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    option(_TRIM_THRESHOLD, _LARGEST_REST)
