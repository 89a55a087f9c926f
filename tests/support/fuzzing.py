"""What must be true of any input: an answer or an error of Jettison's, in time and memory."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

from foreign_parsers import Parser

from jettison.errors import JettisonError

# For the least, and for each byte: far more than any parser takes that reads its input once.
_SECONDS = 3.0
_SECONDS_FOR_A_BYTE = 0.0001
_MEGABYTES = 200


def check(parser: Parser, content: bytes) -> int:
    """Give the megabytes that a parser takes at most for this input alone.

    Raises what it raises, unless that is an error that a user can act on.
    """
    # the most that this process ever took would hide what takes less than another input did
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kilobytes("VmRSS")
    begun = time.process_time()
    try:
        parser.read(content)
    except (JettisonError, *parser.refuses):
        pass
    seconds = time.process_time() - begun
    grown = (_kilobytes("VmHWM") - before) >> 10
    assert seconds < _SECONDS + _SECONDS_FOR_A_BYTE * len(content), f"it took {seconds:.1f} s"
    assert grown < _MEGABYTES, f"it took {grown} MB"
    return grown


def _kilobytes(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0
