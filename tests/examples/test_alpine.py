"""Alpine is rejected by the distribution that has no wheel for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.recorded_index import MAGIKA_RECORD, magika_variant, unpack

from jettison.errors import UnsupportedError
from jettison.formats.own_settings import BaseOverride
from jettison.plan.base import BaseCandidate, Works
from jettison.tasks.loading import planned

REASON = "onnxruntime (through magika) has no musllinux wheel"
EXAMPLES = Path(__file__).parents[2] / "examples"


def alpine_of(folder: Path, cache: Path | None = None) -> BaseCandidate:
    candidates = planned(folder, offline=cache is not None, cache=cache).plan.base.candidates
    return next(each for each in candidates if each.facts.release == "alpine")


@pytest.mark.network
def test_the_example_names_its_distribution() -> None:
    found = alpine_of(EXAMPLES / "pkms")
    assert found.works is Works.NO
    assert "pymupdf has no musllinux wheel" in found.verdict
    with pytest.raises(UnsupportedError) as refused:
        planned(EXAMPLES / "pkms", base=BaseOverride(reference="alpine"))
    assert "pymupdf" in refused.value.why


@pytest.mark.network
def test_a_small_application_works_until_magika_is_added(tmp_path: Path) -> None:
    assert alpine_of(EXAMPLES / "flask-links").works is Works.YES
    found = alpine_of(magika_variant(tmp_path))
    assert found.works is Works.NO
    assert REASON in found.verdict


def test_magika_keeps_an_application_from_alpine_by_what_is_recorded_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://pypi.org/simple")
    cache = unpack(tmp_path / "cache", MAGIKA_RECORD)
    found = alpine_of(magika_variant(tmp_path), cache)
    assert found.works is Works.NO
    assert REASON in found.verdict
