from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from wheels import wheel

from jettison.builder import Pin
from jettison.builder.libraries import Library, wheel_libraries
from jettison.images.stream import CHUNK
from jettison.records import Records


def libraries(folder: Path, files: dict[str, bytes]) -> dict[str, Library]:
    content = wheel("a", files=files)
    file = folder / "a.whl"
    file.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    pin = Pin(name="a", version="1.0", filename="a.whl", url="", sha256=digest, size=None)
    records = Records(folder / "records")
    found = wheel_libraries(pin, file, records)
    file.unlink()
    assert wheel_libraries(pin, file, records) == found
    return found


@pytest.mark.parametrize("at", [0, 1, CHUNK - 9, CHUNK - 7, CHUNK - 1, CHUNK, CHUNK + 300])
def test_a_name_is_found_wherever_it_stands(tmp_path: Path, at: int) -> None:
    content = b"\0" * at + b"libother.so.3" + b"\0" * CHUNK
    found = libraries(tmp_path, {"a/x.so": content})
    assert found["a/x.so"].names("libother.so.3")
    assert not found["a/x.so"].names("another.so.3")


def test_a_name_is_found_at_the_end_of_a_longer_one(tmp_path: Path) -> None:
    found = libraries(tmp_path, {"a/x.so": b"/usr/lib/mylibother.so\0"})
    assert found["a/x.so"].names("libother.so.1")
    assert not found["a/x.so"].names("lib.so")


def test_a_name_beyond_ascii_is_found(tmp_path: Path) -> None:
    found = libraries(tmp_path, {"a/x.so": "libmüsic.so".encode()})
    assert found["a/x.so"].names("libmüsic.so")


def test_only_libraries_are_told_of(tmp_path: Path) -> None:
    files = {"a/x.so": b"text", "a/y.py": b"'z.so'", "a/tool": b"#!/bin/sh"}
    assert {name: each.elf for name, each in libraries(tmp_path, files).items()} == {
        "a/x.so": False
    }
