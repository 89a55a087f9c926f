"""What of a shared library no process loads, by its beginning alone."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from jettison.formats.elf import BEGINNING, unloaded_bytes
from jettison.plan.removal.remove_files import cut_sections


def library(*, loaded: int, sections: int, behind: int = 0) -> bytes:
    """A library whose only segment is ``loaded`` bytes, with symbols and a table behind it."""
    symbols, table = 1000, 64 * sections
    head = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, loaded + symbols, 0,
        64, 56, 1, 64, sections, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, loaded, loaded, 4096)
    return (head + segment).ljust(loaded + symbols, b"\0") + bytes(table + behind)


def test_what_lies_behind_the_last_segment_is_not_loaded() -> None:
    content = library(loaded=5000, sections=20)
    assert unloaded_bytes(content[:BEGINNING], len(content)) == 1000 + 64 * 20


def test_a_file_with_something_behind_its_sections_is_left_alone() -> None:
    content = library(loaded=5000, sections=20, behind=1)
    assert unloaded_bytes(content[:BEGINNING], len(content)) == 0


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x02\x01", b"#!/bin/sh\n" * 20])
def test_anything_else_has_nothing_to_lose(content: bytes) -> None:
    assert unloaded_bytes(content, len(content)) == 0


def test_it_tells_what_the_build_will_cut(tmp_path: Path) -> None:
    content = library(loaded=9000, sections=11)
    file = tmp_path / "x.so"
    file.write_bytes(content)
    assert cut_sections(file) == unloaded_bytes(content[:BEGINNING], len(content))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no ELF files")
def test_the_libraries_of_this_machine_lose_no_more_than_they_have() -> None:
    import _ctypes  # noqa: PLC0415  # exists as a file on Linux alone

    place = Path(_ctypes.__file__)
    content = place.read_bytes()
    assert 0 <= unloaded_bytes(content[:BEGINNING], len(content)) < len(content)
