"""Files are told apart by what they say."""

import gzip
import json
from pathlib import Path

import pytest

from jettison.verify.inside.digests import told


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
