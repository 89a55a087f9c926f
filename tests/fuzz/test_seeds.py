"""What once made a parser stumble, and what each of them takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_parsers import all_parsers
from fuzzing import check

PARSERS = all_parsers()
SEEDS = sorted((Path(__file__).parent / "seeds").glob("*"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_what_was_found_is_read_or_refused(seed: Path) -> None:
    check(PARSERS[seed.name.rpartition("-")[0]], seed.read_bytes())


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_near_to_a_file_is_read_or_refused(name: str) -> None:
    for seed in PARSERS[name].seeds:
        check(PARSERS[name], seed)
        for part in PARSERS[name].parts:
            check(PARSERS[name], seed + part * 200)
            check(PARSERS[name], part * 200 + seed)
