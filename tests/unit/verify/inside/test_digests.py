"""Files are told apart by what they say."""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jettison.verify.inside.digests import timeless, told


@pytest.mark.parametrize(
    ("name", "one", "other", "alike"),
    [
        ("a.css.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"a", mtime=2), True),
        ("a.css.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"b", mtime=1), False),
        ("a.json", json.dumps({"a": 1, "b": 2}).encode(), b'{"b": 2, "a": 1}', True),
        ("a.json", b'{"a": 1}', b'{"a": 2}', False),
        ("a.json", b'{"a": 1', b'{"b": 1', False),
        ("a.txt", b'{"a":1,"b":2}', b'{"b":2,"a":1}', False),
        ("a.css.gz", b"\x1f\x8b no", b"\x1f\x8b on", False),
    ],
)
def test_files_that_say_the_same_are_alike(
    name: str, one: bytes, other: bytes, alike: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(one)
    first = told(str(path))
    path.write_bytes(other)
    assert (told(str(path)) == first) is alike


@pytest.mark.parametrize(
    "form", ["{:%Y-%m-%dT%H:%M:%SZ}", "{:%a %b %e %H:%M:%S UTC %Y}", "BUILT = {:%s}", "{:%c}"]
)
def test_a_file_that_says_when_it_was_written_is_alike_without_it(
    form: str, tmp_path: Path
) -> None:
    path = tmp_path / "built.txt"

    def written(moment: datetime, word: str = "") -> str:
        path.write_text(f"{form.format(moment)} {word}")
        os.utime(path, (moment.timestamp(),) * 2)
        return told(str(path)).partition("~")[2]

    monday, tuesday = (datetime(2026, 3, day, 9, 7, 5, tzinfo=UTC) for day in (2, 3))
    assert written(monday) == written(tuesday) != ""
    assert written(monday) != written(tuesday, "more")


def test_other_times_in_a_file_are_a_part_of_what_it_says() -> None:
    text = b"opens 2026-03-02 09:30:00, 1e9, 1234567890, Foo Bar 99 99:99:99 2020"
    assert timeless(text, 1_900_000_000.0) == text
