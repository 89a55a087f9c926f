"""Where the packages of a lock stand, however their headers are written."""

from __future__ import annotations

import pytest

from jettison.ecosystems import pdm

HEADER = '[[package]]\nname = "six"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEADER, 1),
        (f"\n{HEADER}", 2),
        (f"\ufeff{HEADER}", 1),
        (f"  {HEADER}", 1),
        (HEADER.replace("package", ' "package" '), 1),
        ('package = [{name = "six", version = "1"}]\n', None),
    ],
)
def test_a_package_has_a_place_or_the_whole_file(text: str, line: int | None) -> None:
    (found,) = pdm.parse(text, file="pdm.lock").distributions
    assert (found.name, found.origin.line) == ("six", line)
