"""Gives memory back to the machine while an image is built."""

from __future__ import annotations

import ctypes

# malloc.h of glibc. An arena for each thread, and a limit for blocks of their own that grows with
# what was freed, keep tens of megabytes that nothing uses; blocks here are of 1 MiB.
_ARENA_MAX = -8
_MMAP_THRESHOLD = -3
_BLOCK = 512 << 10


def keep_little() -> None:
    """Ask the C library to hold on to little of what is freed; others than glibc are left alone."""
    try:
        option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    option(_ARENA_MAX, 2)
    option(_MMAP_THRESHOLD, _BLOCK)
