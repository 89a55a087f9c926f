import pytest

from jettison.formats.dotenv import interpolate

ENV = {"A": "1", "EMPTY": "", "URL": "a:b"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("$A and ${A}", "1 and 1"),
        ("$$A ${URL}", "$A a:b"),
        ("${NONE:-x} ${EMPTY:-x} ${EMPTY-x}", "x x "),
        ("${NONE:-${A}-$URL}", "1-a:b"),
        ("${A:+set}${NONE:+set}${EMPTY+set}", "setset"),
        ("[${NONE}]$NONE", "[]"),
        ("${NONE:?needed}", ""),
        ("${A:?needed}", "1"),
        ("100% $ { ${1x}", "100% $ { ${1x}"),
    ],
)
def test_references_become_values(value: str, text: str) -> None:
    assert interpolate(value, ENV) == text


@pytest.mark.parametrize("value", ["${NONE}", "$NONE", "${NONE:?needed}"])
def test_what_is_not_known_can_stay_as_written(value: str) -> None:
    assert interpolate(f"x{value}y", ENV, keep_unset=True) == f"x{value}y"


def test_an_open_brace_ends_with_the_text() -> None:
    assert interpolate("a${A", ENV) == "a1"
