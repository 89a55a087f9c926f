"""Moving requirements for development changes no release of what stays, in any example."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.tasks.loading import planned
from jettison.tasks.writing import write_copy

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(place.parent.relative_to(EXAMPLES) for place in EXAMPLES.rglob("expected.toml"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one cache for all: what they share is fetched once."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.network
@pytest.mark.parametrize("name", NAMES, ids=str)
def test_what_stays_keeps_its_release(name: Path, cache: Path, tmp_path: Path) -> None:
    before = planned(EXAMPLES / name, cache=cache)
    if not before.plan.files:
        pytest.skip("nothing is changed")
    write_copy(before.loaded.root, tmp_path / "written", before.plan.files)
    after = planned(tmp_path / "written", cache=cache)
    releases = {name: one.version for name, one in before.plan.distributions.items()}
    assert {name: one.version for name, one in after.plan.distributions.items()} == releases
