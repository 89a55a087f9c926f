"""Writes all expected results anew: ``python tests/support/golden.py [WORD]``.

With a word only the cases whose name holds it are written, and of the examples none.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cases import all_cases
from expectations import written_expectations
from gate_page import PAGE, page
from transcripts import transcribed, transcripts


def main(words: list[str]) -> None:
    """Write what differs, and name it."""
    for case in all_cases():
        if all(word in case.name for word in words):
            with tempfile.TemporaryDirectory() as folder:
                text = case.text(case.plan(case.start(Path(folder))))
            if text != case.path.read_text(encoding="utf-8"):
                case.path.write_text(text, encoding="utf-8")
                print(f"wrote {case.name}")
    for path in transcripts():
        if all(word in path.stem for word in words):
            with tempfile.TemporaryDirectory() as folder:
                text = transcribed(path, Path(folder))
            if text != path.read_text(encoding="utf-8"):
                path.write_text(text, encoding="utf-8")
                print(f"wrote {path.name}")
    if not words:
        with tempfile.TemporaryDirectory() as folder:
            shown = page(Path(folder))
        if shown != PAGE.read_text(encoding="utf-8"):
            PAGE.write_text(shown, encoding="utf-8")
            print(f"wrote {PAGE.name}")
        for path in written_expectations():
            print(f"wrote {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
