"""What must be true of any input: an answer or an error of Jettison's, in time and memory."""

from __future__ import annotations

import resource
import time

from foreign_parsers import Parser

from jettison.errors import JettisonError

# For the least, and for each byte: far more than any parser takes that reads its input once.
_SECONDS = 3.0
_SECONDS_FOR_A_BYTE = 0.0001
_MEGABYTES = 200


def check(parser: Parser, content: bytes) -> None:
    """Raise what the parser raises, unless it is an error that a user can act on."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    try:
        parser.read(content)
    except (JettisonError, *parser.refuses):
        pass
    seconds = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    assert seconds < _SECONDS + _SECONDS_FOR_A_BYTE * len(content), f"it took {seconds:.1f} s"
    assert grown < _MEGABYTES, f"it took {grown} MB"
