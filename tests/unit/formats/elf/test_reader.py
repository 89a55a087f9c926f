from __future__ import annotations

import importlib.util
import mmap
import struct
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from jettison.formats.elf import ElfFacts, read_elf


def _extension() -> Path:
    """A shared library that every installation of the tests has."""
    spec = importlib.util.find_spec("rpds") or importlib.util.find_spec("_struct")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return next(iter(folder.glob("*.so")), Path(sys.executable).resolve())


FILES = sorted({Path(sys.executable).resolve(), _extension()})
BODY = _extension().read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_reads_what_an_independent_reader_reads(path: Path):
    facts = read_elf(path.read_bytes())
    assert facts is not None
    with path.open("rb") as stream:
        sections = list(ELFFile(stream).iter_sections())
        tags = [
            tag for one in sections if isinstance(one, DynamicSection) for tag in one.iter_tags()
        ]
        assert list(facts.needed) == [t.needed for t in tags if t.entry.d_tag == "DT_NEEDED"]


def test_a_mapped_file_reads_the_same() -> None:
    with _extension().open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        facts = read_elf(mapped)
        mapped.close()
    assert facts == read_elf(BODY)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF" + b"\0" * 100])
def test_what_is_no_elf_file_gives_nothing(content: bytes):
    assert read_elf(content) is None


def test_a_big_endian_object_of_32_bits_is_read() -> None:
    identity = b"\x7fELF" + bytes([1, 2, 1]) + bytes(9)
    header = struct.pack(">HHIIIIIHHHHHH", 1, 20, 1, 0, 0, 0, 0, 52, 0, 0, 0, 0, 0)
    assert read_elf(identity + header + bytes(12)) == ElfFacts()


@given(st.integers(min_value=0, max_value=len(BODY)))
def test_a_file_that_is_cut_short_never_raises(length: int) -> None:
    read_elf(BODY[:length])


@given(st.lists(st.tuples(st.integers(4, 4095), st.integers(0, 255)), max_size=20))
def test_damaged_headers_never_raise(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(BODY[: 1 << 16])
    for place, value in changes:
        damaged[place] = value
    read_elf(bytes(damaged))
