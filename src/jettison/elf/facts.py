"""Values that describe one ELF file."""

from __future__ import annotations

from collections.abc import Mapping

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
