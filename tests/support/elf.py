"""The smallest shared libraries: headers and what they need, nothing to run."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_MACHINES = {"amd64": 62, "arm64": 183}


def shared_library(
    soname: str = "", needed: Sequence[str] = (), *, architecture: str = "amd64", runpath: str = ""
) -> bytes:
    """A 64-bit ELF file whose dynamic section names ``soname``, ``needed`` and ``runpath``."""
    strings = bytearray(b"\0")
    entries = []
    for tag, text in [*((1, name) for name in needed), (14, soname), (29, runpath)]:
        if text:
            entries.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    start = 64 + 2 * 56
    dynamic_size = 16 * (len(entries) + 2)
    dynamic = b"".join(
        struct.pack("<qQ", *entry) for entry in [(5, start + dynamic_size), *entries, (0, 0)]
    )
    size = start + dynamic_size + len(strings)
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, _MACHINES[architecture], 1, 0, 64, 0, 0, 64, 56, 2, 64,
                        0, 0)  # fmt: skip
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096)
    table = struct.pack("<IIQQQQQQ", 2, 6, start, start, start, dynamic_size, dynamic_size, 8)
    return head + load + table + dynamic + bytes(strings)
