import time
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.toml import Path, places, read_toml

DOCUMENT = """\
# head
title = 'a # b'  # said
dotted.key = "x\\"y"
[tool."my tool".deps]
inline = {version = "1", extras = ["a", "b"]}  # inline
many = [  # opened
    "one",  # first
    # own line
    'two',
    \"\"\"three
    \"\"\", [1, {q = 2}],
]
when = 2020-01-01 10:00:00  # date
[[package]]
n = 1
[package.sub]
k = true
[[package]]
n = -2.5e3
[[package.wheels]]
z = ''
"""


def leaves(value: Any, path: Path = ()) -> Mapping[Path, Any]:
    if isinstance(value, dict) and value:
        parts = [leaves(child, (*path, key)) for key, child in value.items()]
    elif isinstance(value, list) and value:
        parts = [leaves(child, (*path, index)) for index, child in enumerate(value)]
    else:
        return {path: value}
    return {key: child for part in parts for key, child in part.items()}


def test_every_value_is_where_its_place_says() -> None:
    found = places(DOCUMENT)
    for path, value in leaves(tomllib.loads(DOCUMENT)).items():
        place = found[path]
        assert tomllib.loads(f"v = {DOCUMENT[place.value : place.stop]}")["v"] == value
        assert DOCUMENT.splitlines()[place.line - 1].strip()


def test_comments_at_the_ends_of_lines() -> None:
    found = places(DOCUMENT)
    deps: Path = ("tool", "my tool", "deps")
    assert found[("title",)].comment == "said"
    assert found[(*deps, "inline")].comment == "inline"
    assert found[(*deps, "many", 0)].comment == "first"
    assert found[(*deps, "when")].comment == "date"
    assert (found[(*deps, "many")].line, found[(*deps, "many")].end_line) == (6, 12)


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("[a", 1)])
def test_bad_toml_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        read_toml(text, "pyproject.toml")
    assert caught.value.origin is not None
    assert caught.value.origin.line == line


def test_brackets_without_end_in_a_lock_cost_no_more_than_their_number() -> None:
    begun = time.process_time()
    with pytest.raises(InputSyntaxError):
        read_toml("[" * 100_000, "uv.lock")
    assert time.process_time() - begun < 10


def test_lines_in_an_inline_table_are_read() -> None:
    text = (
        'a = {\n  url = "https://x/#1,",  # the file\n  more = [1,\n    2,\n  ],\n}\nb = "{\\n"\n'
    )
    assert read_toml(text, "uv.lock") == {
        "a": {"url": "https://x/#1,", "more": [1, 2]},
        "b": "{\n",
    }


@pytest.mark.parametrize(("text", "line"), [("a = {\nb = 1\n", 1), ("a = 1\nc = {\n d = }\n", 2)])
def test_a_fault_is_named_by_its_own_line(text: str, line: int) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        read_toml(text, "uv.lock")
    assert caught.value.origin is not None
    assert caught.value.origin.line == line


@pytest.mark.parametrize("mark", ['"', "'", "-"])
def test_a_long_run_of_marks_is_refused_at_once(mark: str) -> None:
    begun = time.process_time()
    with pytest.raises(InputSyntaxError):
        read_toml(mark * 200_000, "pyproject.toml")
    assert time.process_time() - begun < 3
