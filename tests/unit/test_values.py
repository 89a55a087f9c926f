import gc
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jettison.contents.links import links_of
from jettison.source.parse import parse
from jettison.values import Origin, printable, python_tree, whole_number
from jettison.verify.variables import variables_of


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-i https://user:pass@host/simple -r x", "-i https://***@host/simple -r x"),
        ('"url": "https://token@host:80"', '"url": "https://***@host:80"'),
        ("git+ssh://git@host/a.git", "git+ssh://git@host/a.git"),
        ('"http://host:80", "a@b"', '"http://host:80", "a@b"'),
    ],
)
def test_no_password_of_an_address_is_printed(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("between", [".", " . ", ".\\\n    "])
def test_no_name_of_hundreds_of_parts_is_given_to_the_parser(between: str) -> None:
    """Python takes gigabytes for one of 100 kB."""
    source = f"import os\nos.environ['A']\nfrom {between.join(['a'] * 300)} import b\n"
    assert parse("a.py", source.encode()).skipped
    assert links_of(source.encode()).computed
    assert variables_of(source) == ()


def test_many_names_of_a_few_parts_are_parsed() -> None:
    lines = "".join(f"import a.b{i}.c, d.e{i}.f\nfrom x.y import z{i}\n" for i in range(300))
    assert python_tree(lines + "TEXT = '" + "a." * 900 + "'\n")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("", None),
        ("-1", None),
        ("²", None),
        ("1.5", None),
        ("9" * 5000, None),
    ],
)
def test_a_number_of_foreign_text_is_no_more_than_a_file_has(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_sources_are_parsed_in_several_threads_while_rubbish_is_collected():
    """CPython 3.11.7 fails where what is collected during the parsing lets another thread run."""
    text = "x = [" + ",".join(["a + (b * c)"] * 300) + "]\n"

    def parsed(_: int) -> int:
        gc.disable()
        Rubbish()
        gc.enable()
        return len(python_tree(text).body)

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(parsed, range(60))) == [1] * 60


class Rubbish:
    def __init__(self):
        self.itself = self

    def __del__(self):
        time.sleep(0.001)
