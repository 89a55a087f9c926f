"""Shared libraries that wheels need from the system."""

from __future__ import annotations

import mmap
import posixpath
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from jettison.build.pin import Pin
from jettison.build.scheme import Scheme
from jettison.build.wheel import Placed, Wheel
from jettison.elf.facts import ElfFacts
from jettison.elf.reader import read_elf
from jettison.stores.records import Records
from jettison.stores.transfer import mapped

_FORMAT = "1"
# The program that loads all others is part of the C library, whatever its name.
_LOADERS = ("ld-linux", "ld-musl", "ld64")
_MAGIC = b"\x7fELF"
_SCHEME = Scheme.virtual("/environment", "3")


def needed_libraries(
    pins: Sequence[Pin], wheels: Mapping[str, Path], records: Records
) -> tuple[str, ...]:
    """Return the file names of libraries that no wheel brings itself, sorted.

    What a wheel's files need is remembered by the wheel's hash.
    """
    found = mapped(pins, lambda pin: _facts(pin, wheels[pin.name], records))
    brought = {name for each in found for name in each["brought"]}
    needed = {name for each in found for name in each["needed"]} - brought
    return tuple(sorted(name for name in needed if not name.startswith(_LOADERS)))


def _facts(pin: Pin, file: Path, records: Records) -> dict[str, Any]:
    key = "\n".join(("needed libraries", _FORMAT, pin.sha256))
    known = records.get(key)
    if known is None:
        with closing(Wheel(file, pin.filename, _SCHEME)) as wheel:
            known = _read(wheel)
        records.put(key, known)
    return known


def _read(wheel: Wheel) -> dict[str, list[str]]:
    needed: set[str] = set()
    brought: set[str] = set()
    for placed, facts in elf_files(wheel):
        needed.update(facts.needed)
        brought |= {posixpath.basename(placed.path), facts.soname} - {""}
    return {"needed": sorted(needed), "brought": sorted(brought)}


def elf_files(wheel: Wheel) -> Iterator[tuple[Placed, ElfFacts]]:
    """Yield the ELF files of a wheel with what their headers say."""
    for placed in wheel.files:
        if placed.path.endswith((".py", ".pyi", ".pyc", ".txt", ".h", ".json")):
            continue
        chunks = wheel.chunks(placed)
        first = next(chunks, b"")
        if first.startswith(_MAGIC):
            with tempfile.TemporaryFile() as file:
                file.write(first)
                file.writelines(chunks)
                file.flush()
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    facts = read_elf(content)
            if facts is not None:
                yield placed, facts
