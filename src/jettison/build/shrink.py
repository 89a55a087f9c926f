"""Shared libraries without what no loader reads: section tables, symbols, debug information.

Nothing that is loaded moves or changes; the file ends after its last loaded byte. A file that does
not end with its section table is left alone: what a program put behind it is its own.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec import Struct

from jettison.removal.remove_files import QT_SECTION

_HEADER = 64
_ELF_64_LITTLE = b"\x7fELF\x02\x01"
# Where the header names the section table: its offset, then size, count and names' index.
_ZEROED = ((40, 48), (58, 64))
_LARGEST_TABLE = 1 << 20


class Shrunk(Struct, frozen=True, kw_only=True):
    """What a file becomes that gets shorter: its size and its SHA-256."""

    size: int
    digest: bytes


def shrunk(content: Iterable[bytes], size: int) -> Shrunk | None:
    """Return what a library of ``size`` bytes becomes, None when it stays as it is.

    The content is read once, in pieces; when it stays, perhaps not to the end.
    """
    chunks = iter(content)
    beginning = _beginning(chunks)
    end = _end_of_loaded(beginning, size)
    if end is None or end >= size:
        return None
    running = hashlib.sha256(_without_sections(beginning)[:end])
    at = len(beginning)
    # What is behind the end, a piece at a time, with the end of the piece before.
    behind = beginning[end:]
    for chunk in chain((b"",), chunks):
        if at < end:
            running.update(chunk[: end - at])
        behind += chunk[max(0, end - at) :]
        at += len(chunk)
        # The names of sections have one that Qt looks its plugins up by.
        if QT_SECTION in behind:
            return None
        behind = behind[-len(QT_SECTION) :]
    return Shrunk(size=end, digest=running.digest())


def shortened(content: Iterable[bytes], end: int) -> Iterator[bytes]:
    """Yield what a library becomes of which ``shrunk`` says that it ends at ``end``.

    All of the content is read, so that its own hash is checked.
    """
    left = end
    first = True
    for chunk in content:
        if first:
            chunk = _without_sections(chunk)  # noqa: PLW2901 — the same chunk, changed
            first = False
        if left > 0:
            yield chunk[:left]
            left -= len(chunk)


def _beginning(chunks: Iterator[bytes]) -> bytes:
    """Take as many chunks as hold the header and the table of segments, which follows it."""
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= _HEADER and len(found) >= _end_of_table(found):
            break
    return found


def _end_of_table(head: bytes) -> int:
    (segments,) = struct.unpack_from("<Q", head, 32)
    width, count = struct.unpack_from("<HH", head, 54)
    end: int = segments + width * count
    return end if head.startswith(_ELF_64_LITTLE) and end <= _LARGEST_TABLE else 0


def _end_of_loaded(beginning: bytes, size: int) -> int | None:
    if len(beginning) < _HEADER or not beginning.startswith(_ELF_64_LITTLE):
        return None
    segments, sections = struct.unpack_from("<QQ", beginning, 32)
    width, count, section_width, section_count = struct.unpack_from("<HHHH", beginning, 54)
    table = segments + width * count
    if not sections or table > len(beginning):
        return None
    places = range(segments, table, width or 1)
    spans = [struct.unpack_from("<Q16xQ", beginning, place + 8) for place in places]
    end: int = max(table, *(offset + extent for offset, extent in spans), 0)
    whole = sections + section_width * section_count == size
    return end if whole and end <= sections else None


def _without_sections(head: bytes) -> bytes:
    changed = bytearray(head)
    for start, end in _ZEROED:
        changed[start:end] = bytes(end - start)
    return bytes(changed)
