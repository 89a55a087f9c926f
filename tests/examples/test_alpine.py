"""Alpine is rejected by the distribution that has no wheel for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jettison.errors import UnsupportedError
from jettison.loading.plan import planned
from jettison.plan.base import BaseCandidate, Works
from jettison.settings import BaseWish

pytestmark = pytest.mark.network

EXAMPLES = Path(__file__).parents[2] / "examples"


def alpine_of(folder: Path) -> BaseCandidate:
    candidates = planned(folder).plan.base.candidates
    return next(each for each in candidates if each.facts.release == "alpine")


def test_the_example_names_its_distribution() -> None:
    found = alpine_of(EXAMPLES / "pkms")
    assert found.works is Works.NO
    assert "pymupdf has no musllinux wheel" in found.verdict
    with pytest.raises(UnsupportedError) as refused:
        planned(EXAMPLES / "pkms", base=BaseWish(reference="alpine"))
    assert "pymupdf" in refused.value.why


def test_a_small_application_works_until_magika_is_added(tmp_path: Path) -> None:
    assert alpine_of(EXAMPLES / "flask-links").works is Works.YES
    variant = tmp_path / "variant"
    shutil.copytree(EXAMPLES / "flask-links", variant)
    with (variant / "requirements.txt").open("a") as requirements:
        requirements.write("magika==0.6.2\n")
    found = alpine_of(variant)
    assert found.works is Works.NO
    assert "onnxruntime (through magika) has no musllinux wheel" in found.verdict
