"""Values that describe one ELF file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field


class ElfFacts(Struct, frozen=True, kw_only=True):
    """One program, shared library or object file.

    ``machine`` is the name that wheels use (``x86_64``, ``aarch64``) or the number as text.
    ``kind`` is ``program``, ``shared`` (position independent programs are that too), ``object`` or
    ``other``. ``version_needs`` are the symbol versions asked of each library, sorted by name.
    ``debug_bytes`` are sections that only a debugger reads, ``symbol_bytes`` the static symbol
    table with its names; both can be stripped. ``trailing_bytes`` lie behind everything that the
    headers describe, as data that was appended to a program does.
    """

    machine: str
    bits: int
    kind: str
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    version_needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    debug_bytes: int = 0
    symbol_bytes: int = 0
    trailing_bytes: int = 0


_VERSION = re.compile(r"^(?P<family>[A-Z]+)_(?P<number>\d+(?:\.\d+)*)$")


def newest_need(files: Iterable[ElfFacts], family: str) -> str:
    """Give the newest version of a symbol family (``GLIBC``, ``GLIBCXX``) that the files need.

    The answer is a number as text (``2.34``), or empty when none of them needs the family.
    """
    found = (
        match["number"]
        for file in files
        for versions in file.version_needs.values()
        for version in versions
        if (match := _VERSION.match(version)) and match["family"] == family
    )
    return max(found, key=version_key, default="")


def version_key(number: str) -> tuple[int, ...]:
    """Order dotted numbers: ``2.9`` comes before ``2.34``."""
    return tuple(int(part) for part in number.split("."))
