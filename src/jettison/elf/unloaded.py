"""What of a shared library no process loads, told by the beginning of the file."""

from __future__ import annotations

import struct

_ELF_64_LITTLE = b"\x7fELF\x02\x01"
# Enough for the header and the table of segments, which follows it.
BEGINNING = 4096


def unloaded_bytes(beginning: bytes, size: int) -> int:
    """Return how many bytes lie behind the last loaded one, 0 when it cannot be told.

    ``beginning`` are the first bytes of a file of ``size`` bytes. Only 64-bit little-endian files
    that end with their table of sections count: what was put behind it is not a linker's.
    """
    if beginning[:6] != _ELF_64_LITTLE:
        return 0
    try:
        segments, sections = struct.unpack_from("<QQ", beginning, 32)
        width, count, section_width, section_count = struct.unpack_from("<HHHH", beginning, 54)
        places = range(segments, segments + width * count, width or 1)
        spans = [struct.unpack_from("<8xQ16xQ", beginning, place) for place in places]
    except struct.error:
        return 0
    end: int = max([segments + width * count, *(offset + length for offset, length in spans)])
    if sections + section_width * section_count != size or end > sections:
        return 0
    return size - end
