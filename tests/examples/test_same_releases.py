"""Moving requirements for development changes no release of what stays, in any example."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.tasks.loading import planned
from jettison.tasks.writing import write_copy

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(place.parent.relative_to(EXAMPLES) for place in EXAMPLES.rglob("expected.toml"))


@pytest.mark.network
@pytest.mark.parametrize("name", NAMES, ids=str)
def test_what_stays_keeps_its_release(name: Path, tmp_path: Path) -> None:
    before = planned(EXAMPLES / name, cache=tmp_path / "cache")
    if not before.plan.files:
        pytest.skip("nothing is changed")
    write_copy(before.loaded.root, tmp_path / "written", before.plan.files)
    after = planned(tmp_path / "written", cache=tmp_path / "cache")
    releases = {name: one.version for name, one in before.plan.distributions.items()}
    assert {name: one.version for name, one in after.plan.distributions.items()} == releases
