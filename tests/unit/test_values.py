import pytest

from jettison.values import Origin, printable


def test_an_origin_reads_as_file_and_line() -> None:
    assert str(Origin(file="Dockerfile", line=3)) == "Dockerfile:3"
    assert str(Origin(file="Dockerfile")) == "Dockerfile"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: é 漢 🙂\ttab\r\nline\n", "plain: é 漢 🙂\ttab\r\nline\n"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x9b2J\x7f\0", "\\x9b2J\\x7f\\x00"),
        ("caf\udce9.txt", "caf\\xe9.txt"),
        ("exe\u202etxt.py", "exe\\u202etxt.py"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
