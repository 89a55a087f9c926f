"""Gives every parser of foreign input what Hypothesis makes of its seeds, for SECONDS in all.

Prints each input, shrunk, on which a parser raised something that is no error of Jettison's, took
more time than its length allows, or much memory; it is kept beside this file, and a test from then
on (``tests/fuzz/test_seeds.py``). The exit status is 1 when something was found.
"""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from foreign_parsers import Parser, all_parsers
from fuzzing import check
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SEEDS = Path(__file__).parent / "seeds"
_EXAMPLES = 300


def inputs(parser: Parser) -> st.SearchStrategy[bytes]:
    """Give parts in any order, repeated, and seeds with parts put into or cut out of them."""
    part = st.one_of(
        st.sampled_from(parser.parts),
        st.tuples(st.sampled_from(parser.parts), st.integers(2, 3000)).map(lambda p: p[0] * p[1]),
        st.binary(max_size=3),
    )
    edit = st.tuples(st.floats(0, 1), st.integers(0, 30), part)
    mutated = st.tuples(st.sampled_from(parser.seeds), st.lists(edit, min_size=1, max_size=6))
    return st.one_of(st.lists(part, max_size=30).map(b"".join), mutated.map(_edited))


def _edited(chosen: tuple[bytes, list[tuple[float, int, bytes]]]) -> bytes:
    content, edits = chosen
    for place, cut, part in edits:
        at = int(place * len(content))
        content = content[:at] + part + content[at + cut :]
    return content


def fuzzed(name: str, parser: Parser, seconds: float) -> tuple[int, int]:
    """Try one parser for so long, and keep what it stumbles over.

    Gives the number of inputs, and the most megabytes that one of them took.
    """
    end, count, most = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        last = b""

        @settings(
            max_examples=_EXAMPLES, deadline=None, database=None, report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        )  # fmt: skip
        @given(inputs(parser))
        def tried(content: bytes) -> None:
            nonlocal last, count, most
            if time.monotonic() < end + 20:
                last, count = content, count + 1
                most = max(most, check(parser, content))

        try:
            tried()
        except Exception:  # noqa: BLE001 — whatever it is, it is what is looked for
            SEEDS.mkdir(exist_ok=True)
            place = SEEDS / f"{name}-{hashlib.sha256(last).hexdigest()[:12]}"
            place.write_bytes(last)
            print(f"{name}: {place.name}: {last[:200]!r}\n{traceback.format_exc(limit=-4)}")
            break
    return count, most


def main() -> int:
    """Share the time among the parsers."""
    parsers = all_parsers()
    words = [word for word in sys.argv[1:] if not word.isdigit()]
    seconds = float(next((word for word in sys.argv[1:] if word.isdigit()), "60"))
    chosen = {name: one for name, one in parsers.items() if not words or name in words}
    before = set(SEEDS.glob("*"))
    for name, parser in chosen.items():
        count, most = fuzzed(name, parser, seconds / len(chosen))
        print(f"{name}: {count} inputs, at most {most} MB for one", flush=True)
    return 1 if set(SEEDS.glob("*")) - before else 0


if __name__ == "__main__":
    sys.exit(main())
