"""The names of modules in compiled ones; it runs in containers too, with any Python from 3.8.

Most compilers end each text with a zero. Rust does not, and Cython since 3.2 writes all texts of a
module in one piece without ends, which it packs where that saves some: 3.2 with zlib, 3.3 in its
own way (github.com/cython/cython, ``Cython/LZSS.py`` and ``Cython/Utility/StringTools.c``).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

_IN_WORDS = frozenset(b"_.`0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_SPACED = bytes(one if one in _IN_WORDS else 32 for one in range(256))
_CYTHON = re.compile(rb"_cython_3_(?:[2-9]|\d\d)_")
_BY_CYTHON = (b"__pyx", b"_cython_")
_RUST = b"/rustc/"
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
# The module says so where its texts cannot be unpacked.
_PACKED_OWN_WAY = b"LZSS string data decompression failed"
# Compilers align tables of this size.
_ALIGNED = 16
_LARGEST = 1 << 22
_SMALLEST = 100
_TEXT = re.compile(rb"[\t\n\r -~]")
_LITERAL = 0b111
_BEGINNING = re.compile(rb"[\t\n\r -~]{3}")
# Shorter names are parts of many words.
_LONG = 5


def words_in(content: bytes) -> set[str]:
    """Give the words of any bytes, dotted ones whole."""
    # A word behind a backtick is in documentation, which compiled modules hold too.
    found = (word for word in set(content.translate(_SPACED).split()) if word[:1] != b"`")
    return {word.strip(b".`").decode("ascii") for word in found}


def expanded(content: bytes) -> bytes:
    """Give the texts that a compiled module has packed, one after another without ends."""
    if not any(mark in content for mark in _BY_CYTHON):
        return b""
    everything = memoryview(content)
    found = []
    for match in _ZLIB.finditer(content):
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(everything[match.start() : match.start() + _LARGEST])
        except zlib.error:
            continue
        if unpacker.eof and len(text) > _SMALLEST:
            found.append(text)
    if _PACKED_OWN_WAY in content:
        for start in range(0, len(content) - 1, _ALIGNED):
            # What is repeated has three bytes at least.
            begins = content[start] & _LITERAL == _LITERAL and _BEGINNING.match(content, start + 1)
            if begins and _is_text(_unpacked(content, start, 2 * _SMALLEST)):
                found.append(_unpacked(content, start, _LARGEST))
    return b"\0".join(found)


def _is_text(content: bytes) -> bool:
    return len(content) > _SMALLEST and len(_TEXT.findall(content)) > 0.9 * len(content)


def _unpacked(packed: bytes, at: int, most: int) -> bytes:
    """Unpack what Cython packed its own way, until something refers to what is not there."""
    text = bytearray()
    while at < len(packed) - 24 and len(text) < most:
        literal = packed[at]
        at += 1
        for bit in range(8):
            if literal >> bit & 1:
                text.append(packed[at])
                at += 1
                continue
            low, high = packed[at], packed[at + 1]
            at += 2
            if not low & 0x80:
                behind, length = low, high
            elif not high & 0x80:
                behind, length = 0x80 + ((high << 2) & 0x180 | low & 0x7F), high & 0x1F
            else:
                behind, length = 0x80 + ((high & 0x7F) << 7 | low & 0x7F), packed[at]
                at += 1
            start = len(text) - behind - length - 3
            if start < 0:
                return bytes(text)
            text += text[start : start + length + 3]
    return bytes(text)


class Names:
    """Modules by dotted name, to be looked for in compiled ones."""

    def __init__(self, modules: Iterable[str]) -> None:
        self.modules = frozenset(modules)
        self._below: dict[str, set[str]] = {}
        for name in self.modules:
            package, _, last = name.rpartition(".")
            self._below.setdefault(package, set()).add(last)
        self._top = self._below.get("", set())
        self._long = {name for name in self._top if len(name) >= _LONG}

    def found_in(self, content: bytes, package: str) -> set[str]:
        """Give the words of a compiled module of a package that may name modules."""
        return words_in(content) | self.glued(content, package)

    def glued(self, content: bytes, package: str = "") -> set[str]:
        """Give the modules that texts without ends name, in a compiled module of a package.

        They are dotted names, those at the top, and those around the module without their package.
        """
        text = expanded(content)
        if not text and (_RUST in content or _CYTHON.search(content)):
            text = content
        if not text:
            return set()
        words = words_in(text.replace(b"`", b""))
        found = {name for word in words if "." in word for name in self._dotted(word)}
        around = set(self._long)
        while package:
            around |= self._below.get(package, set())
            package = package.rpartition(".")[0]
        joined = "\0".join(words)
        return found | {name for name in around if name in joined}

    def _dotted(self, word: str) -> Iterator[str]:
        """Yield the dotted names of modules within a word, which need not begin or end there."""
        parts = word.split(".")
        for position, part in enumerate(parts[:-1]):
            for start in range(len(part)):
                if part[start:] in self._top:
                    yield from self._from(part[start:], parts[position + 1 :])

    def _from(self, name: str, parts: Sequence[str]) -> Iterator[str]:
        for part in parts:
            below = self._below.get(name, ())
            yield from (f"{name}.{last}" for last in below if part.startswith(last))
            name = f"{name}.{part}"
            if part not in below:
                return
