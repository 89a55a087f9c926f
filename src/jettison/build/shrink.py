"""Shared libraries without what no loader reads: section tables, symbols, debug information.

Nothing that is loaded moves or changes; the file ends after its last loaded byte. A file that does
not end with its section table is left alone: what a program put behind it is its own.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from functools import partial

from msgspec import Struct

from jettison.removal.remove_files import QT_SECTION

_HEADER = 64
_ELF_64_LITTLE = b"\x7fELF\x02\x01"
# Where the header names the section table: its offset, then size, count and names' index.
_ZEROED = ((40, 48), (58, 64))
_LARGEST_TABLE = 1 << 20

Chunks = Callable[[], Iterator[bytes]]


class Shrunk(Struct, frozen=True, kw_only=True):
    """A file that becomes shorter: its size, its SHA-256, and its content."""

    size: int
    digest: bytes
    content: Chunks


def shrunk(content: Chunks, size: int) -> Shrunk | None:
    """Return the shorter form of a library of ``size`` bytes, None for one that stays as it is."""
    end = _end_of_loaded(content, size)
    if end is None or end >= size or _is_looked_up(content, end):
        return None
    shortened = partial(_shortened, content, end)
    running = hashlib.sha256()
    for chunk in shortened():
        running.update(chunk)
    return Shrunk(size=end, digest=running.digest(), content=shortened)


def _end_of_loaded(content: Chunks, size: int) -> int | None:
    head = _first(content, _HEADER)
    if len(head) < _HEADER or not head.startswith(_ELF_64_LITTLE):
        return None
    segments, sections = struct.unpack_from("<QQ", head, 32)
    width, count, section_width, section_count = struct.unpack_from("<HHHH", head, 54)
    length = width * count
    if length > _LARGEST_TABLE or not sections or segments + length > size:
        return None
    table = _first(content, segments + length)[segments:]
    spans = [struct.unpack_from("<Q16xQ", table, width * index + 8) for index in range(count)]
    end: int = max(segments + length, *(offset + extent for offset, extent in spans), 0)
    whole = sections + section_width * section_count == size
    return end if whole and end <= sections else None


def _is_looked_up(content: Chunks, end: int) -> bool:
    """Whether the names of sections behind ``end`` have one that Qt looks its plugins up by."""
    at, before = 0, b""
    for chunk in content():
        at += len(chunk)
        if at > end:
            before += chunk
            if QT_SECTION in before:
                return True
            before = before[-len(QT_SECTION) :]
    return False


def _first(content: Chunks, count: int) -> bytes:
    """Return the first bytes, holding no more of the file than a chunk beside them."""
    found = b""
    for chunk in content():
        found += chunk
        if len(found) >= count:
            break
    return found[:count]


def _shortened(content: Chunks, end: int) -> Iterator[bytes]:
    """Read all of the file, so that its own hash is checked, and pass on what stays."""
    left = end
    first = True
    for chunk in content():
        if first:
            chunk = _without_sections(chunk)  # noqa: PLW2901 — the same chunk, changed
            first = False
        if left > 0:
            yield chunk[:left]
            left -= len(chunk)


def _without_sections(head: bytes) -> bytes:
    changed = bytearray(head)
    for start, end in _ZEROED:
        changed[start:end] = bytes(end - start)
    return bytes(changed)
