"""Constraints in the notation of poetry and Pipenv."""

import pytest

from jettison.ecosystems.finding import standard_specifier


@pytest.mark.parametrize(
    ("written", "admitted", "refused"),
    [
        ("^1.2.3", "1.9", "2.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0", "0.9", "1.0"),
        ("~1.2.3", "1.2.9", "1.3.0"),
        ("~1", "1.9", "2.0"),
        ("1.2", "1.2.0", "1.3"),
        ("1.*", "1.7", "2.0"),
        (">=1,<2", "1.5", "2.0"),
        ("^1.2, !=1.3", "1.4", "1.3"),
    ],
)
def test_what_a_constraint_admits(written: str, admitted: str, refused: str) -> None:
    found = standard_specifier(written)
    assert admitted in found
    assert refused not in found


@pytest.mark.parametrize("written", ["*", "", "^1.0 || ^2.0", "no version"])
def test_what_cannot_be_told_admits_everything(written: str) -> None:
    assert "99" in standard_specifier(written)
