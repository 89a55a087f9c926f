"""Shared libraries of wheels: what they need and name, and what they become when shortened."""

from __future__ import annotations

import hashlib
import io
import mmap
import posixpath
import re
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.builder import Pin
from jettison.builder.wheel import Placed, Scheme, Wheel
from jettison.formats.elf import ELF_64_LITTLE, MAGIC, ElfFacts, read_elf, unloaded_bytes
from jettison.plan.removal.remove_files import QT_SECTION
from jettison.processes.concurrent import mapped
from jettison.records import Records

_HEADER = 64
# Where the header names the section table: its offset, then size, count and names' index.
_ZEROED = ((40, 48), (58, 64))
_LARGEST_TABLE = 1 << 20


class Shrunk(Struct, frozen=True, kw_only=True):
    """What a file becomes that gets shorter: its size and its SHA-256."""

    size: int
    digest: bytes


def shrunk(content: Iterable[bytes], size: int) -> Shrunk | None:
    """Return what a library of ``size`` bytes becomes, None when it stays as it is.

    The content is read once, in pieces; when it stays, perhaps not to the end.
    """
    chunks = iter(content)
    beginning = _beginning(chunks)
    end = size - unloaded_bytes(beginning, size)
    if end == size:
        return None
    running = hashlib.sha256(_without_sections(beginning)[:end])
    at = len(beginning)
    # What is behind the end, a piece at a time, with the end of the piece before.
    behind = beginning[end:]
    for chunk in chain((b"",), chunks):
        if at < end:
            running.update(chunk[: end - at])
        behind += chunk[max(0, end - at) :]
        at += len(chunk)
        # The names of sections have one that Qt looks its plugins up by.
        if QT_SECTION in behind:
            return None
        behind = behind[-len(QT_SECTION) :]
    return Shrunk(size=end, digest=running.digest())


def shortened(content: Iterable[bytes], end: int) -> Iterator[bytes]:
    """Yield what a library becomes of which ``shrunk`` says that it ends at ``end``.

    All of the content is read, so that its own hash is checked.
    """
    left = end
    first = True
    for chunk in content:
        if first:
            chunk = _without_sections(chunk)  # noqa: PLW2901 — the same chunk, changed
            first = False
        if left > 0:
            yield chunk[:left]
            left -= len(chunk)


def _beginning(chunks: Iterator[bytes]) -> bytes:
    """Take as many chunks as hold the header and the table of segments, which follows it."""
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= _HEADER and len(found) >= _end_of_table(found):
            break
    return found


def _end_of_table(head: bytes) -> int:
    (segments,) = struct.unpack_from("<Q", head, 32)
    width, count = struct.unpack_from("<HH", head, 54)
    end: int = segments + width * count
    return end if head.startswith(ELF_64_LITTLE) and end <= _LARGEST_TABLE else 0


def _without_sections(head: bytes) -> bytes:
    changed = bytearray(head)
    for start, end in _ZEROED:
        changed[start:end] = bytes(end - start)
    return bytes(changed)


_FORMAT = "2"
# The program that loads all others is part of the C library, whatever its name.
_LOADERS = ("ld-linux", "ld-musl", "ld64")
_SCHEME = Scheme.virtual("/environment", "3")
_NEVER = (".py", ".pyi", ".pyc", ".txt", ".h", ".json")
_SUFFIX = b".so"
# As long as a file's name may be.
_LONGEST_NAME = 255
_BACKWARDS = re.compile(rb"[^\0-\x1f/]*")
# What is held in memory to read its headers; of what is larger only some pages are.
_LARGEST_HELD = 8 << 20


class Library(Struct, frozen=True, kw_only=True):
    """A file of a wheel that is a shared library by its content, or by its name alone.

    ``needed`` and ``soname`` are what its headers say, nothing where it has none. ``named`` are
    what stands before ``.so`` anywhere in its bytes, as Latin-1. ``short`` is what it becomes when
    it is shortened, None for one that stays as it is.
    """

    elf: bool
    needed: tuple[str, ...] = ()
    soname: str = ""
    named: frozenset[str] = frozenset()
    short: Shrunk | None = None

    def names(self, library: str) -> bool:
        """Tell whether the bytes hold the file name of a library, up to its ``.so``."""
        stem = library.partition(".so")[0].encode().decode("latin-1")
        return any(each.endswith(stem) for each in self.named)


def needed_libraries(
    pins: Sequence[Pin], wheels: Mapping[str, Path], records: Records
) -> tuple[str, ...]:
    """Return the file names of libraries that no wheel brings itself, sorted."""
    found = mapped(pins, lambda pin: wheel_libraries(pin, wheels[pin.name], records))
    brought: set[str] = set()
    needed: set[str] = set()
    for each in found:
        for source, library in each.items():
            if library.elf:
                brought |= {posixpath.basename(source), library.soname} - {""}
                needed.update(library.needed)
    needed -= brought
    return tuple(sorted(name for name in needed if not name.startswith(_LOADERS)))


def wheel_libraries(pin: Pin, file: Path, records: Records) -> dict[str, Library]:
    """Return the libraries of a wheel by their names there; remembered by the wheel's hash.

    Each is read once for all of its facts. Raises IntegrityError as ``Wheel`` does.
    """

    def read() -> dict[str, Library]:
        with closing(Wheel.of(pin, file, _SCHEME)) as wheel:
            return {placed.source: library for placed, library in _libraries(wheel)}

    words = ("libraries of a wheel", _FORMAT, pin.sha256)
    return records.kept(dict[str, Library], read, *words)


def _libraries(wheel: Wheel) -> Iterator[tuple[Placed, Library]]:
    for placed in wheel.files:
        named = ".so" in posixpath.basename(placed.path)
        if named or not placed.path.endswith(_NEVER):
            chunks = wheel.chunks(placed)
            first = next(chunks, b"")
            if named or first.startswith(MAGIC):
                yield placed, _library(chain((first,), chunks), placed.size)


def _library(chunks: Iterable[bytes], size: int) -> Library:
    names: set[bytes] = set()
    with io.BytesIO() if size <= _LARGEST_HELD else tempfile.TemporaryFile() as held:
        reading = _noted(chunks, held, names)
        short = shrunk(reading, size)
        for _ in reading:
            """Read the rest."""
        facts = _headers(held) if size else None
    named = frozenset(name.decode("latin-1") for name in names)
    if facts is None:
        return Library(elf=False, named=named, short=short)
    return Library(elf=True, needed=facts.needed, soname=facts.soname, named=named, short=short)


def _noted(chunks: Iterable[bytes], held: BinaryIO, names: set[bytes]) -> Iterator[bytes]:
    """Pass a content on, and keep it, and the names of libraries in it."""
    before = b""
    for chunk in chunks:
        held.write(chunk)
        window = before + chunk
        at = window.find(_SUFFIX, max(0, len(before) - len(_SUFFIX) + 1))
        while at >= 0:
            backwards = window[max(0, at - _LONGEST_NAME) : at][::-1]
            found = _BACKWARDS.match(backwards)
            names.add(found[0][::-1] if found else b"")
            at = window.find(_SUFFIX, at + 1)
        before = window[-_LONGEST_NAME - len(_SUFFIX) :]
        yield chunk


def _headers(held: BinaryIO) -> ElfFacts | None:
    if isinstance(held, io.BytesIO):
        return read_elf(held.getvalue())
    held.flush()
    with mmap.mmap(held.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return read_elf(content)
