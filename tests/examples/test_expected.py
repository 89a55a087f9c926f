"""What Jettison makes of the example is what is kept beside it (``make golden`` writes it)."""

from __future__ import annotations

import pytest
from expectations import CHANGING, expected_files, planned_files

pytestmark = pytest.mark.network


def test_the_example_becomes_what_is_kept() -> None:
    made, kept = planned_files(), expected_files()
    assert made.keys() == kept.keys()
    assert {p: t for p, t in made.items() if p != CHANGING} == {
        p: t for p, t in kept.items() if p != CHANGING
    }


def test_the_list_of_removed_files_says_why_each_leaves() -> None:
    paragraphs = planned_files()[CHANGING].strip().split("\n\n")
    assert len(paragraphs) > 1
    assert all(paragraph.startswith("# ") for paragraph in paragraphs)
