"""Read ELF files and the cache of the dynamic loader."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from jettison.values import by_key


class ElfFacts(Struct, frozen=True, kw_only=True):
    """What one program, shared library or object file says that it needs."""

    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()


class Content(Protocol):
    """Bytes that can be sliced: ``bytes``, or an ``mmap`` of which only some pages are read."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...

    def find(self, part: bytes, start: int, end: int, /) -> int:
        """Give the place of ``part``, or -1."""


MAGIC = b"\x7fELF"
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRINGS, _SONAME, _RPATH, _RUNPATH = 1, 5, 14, 15, 29
_LONGEST_STRING = 4096


class _Shape(Struct, frozen=True):
    """Record formats of one class; the fields used are picked by place."""

    bits: int
    header: str
    segment: str
    dynamic: str


_SHAPES = {
    1: _Shape(32, "HHIIIIIHHHHHH", "IIIIIIII", "iI"),
    2: _Shape(64, "HHIQQQIHHHHHH", "IIQQQQQQ", "qQ"),
}


class _Segment(Struct, frozen=True):
    kind: int
    offset: int
    address: int
    size: int


def read_elf(content: Content) -> ElfFacts | None:
    """Read an ELF file; None when it is none, or when its headers are damaged."""
    if len(content) < 64 or content[0:4] != MAGIC:  # noqa: PLR2004  # the longest header
        return None
    try:
        return _File(content).facts()
    except (struct.error, KeyError, UnicodeDecodeError, ValueError, MemoryError):
        return None


class _File:
    def __init__(self, content: Content) -> None:
        self._content = content
        identity = content[0:16]
        self._shape = _SHAPES[identity[4]]
        self._order = {1: "<", 2: ">"}[identity[5]]
        header = self._unpack(self._shape.header, 16)
        self._segments_at = header[4]
        self._segment_size, self._segment_count = header[8], header[9]
        self._segments = tuple(self._read_segments())

    def facts(self) -> ElfFacts:
        dynamic = tuple(self._dynamic())
        strings = next((value for tag, value in dynamic if tag == _STRINGS), 0)
        base = self._place(strings) if strings else 0
        texts = by_key(
            (tag, _text(self._content, base + value))
            for tag, value in dynamic
            if tag in {_NEEDED, _SONAME, _RPATH, _RUNPATH}
        )
        return ElfFacts(
            soname=next(iter(texts.get(_SONAME, [])), ""),
            needed=tuple(texts.get(_NEEDED, [])),
            rpath=_folders(texts.get(_RPATH, [])),
            runpath=_folders(texts.get(_RUNPATH, [])),
        )

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        layout = self._order + layout
        return struct.unpack(layout, self._content[offset : offset + struct.calcsize(layout)])

    def _read_segments(self) -> Iterator[_Segment]:
        for number in range(self._segment_count):
            fields = self._unpack(
                self._shape.segment, self._segments_at + number * self._segment_size
            )
            # The flags are in another place in the two classes; the rest keeps its order.
            kind, offset, address = (
                fields[0],
                *(
                    fields[2:4] if self._shape.bits == 64 else fields[1:3]  # noqa: PLR2004
                ),
            )
            size = fields[5] if self._shape.bits == 64 else fields[4]  # noqa: PLR2004
            yield _Segment(kind, offset, address, size)

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        step = struct.calcsize("=" + self._shape.dynamic)
        for segment in self._segments:
            if segment.kind != _DYNAMIC:
                continue
            for offset in range(segment.offset, segment.offset + segment.size, step):
                tag, value = self._unpack(self._shape.dynamic, offset)
                if tag == 0:
                    return
                yield tag, value

    def _place(self, address: int) -> int:
        """Give the offset in the file of an address in memory."""
        for one in self._segments:
            if one.kind == _LOAD and one.address <= address < one.address + one.size:
                return address - one.address + one.offset
        raise ValueError("an address lies outside the file")


def _text(content: Content, offset: int) -> str:
    end = content.find(b"\0", offset, min(offset + _LONGEST_STRING, len(content)))
    if end < 0:
        raise ValueError("a string has no end")
    return content[offset:end].decode()


def _folders(texts: list[str]) -> tuple[str, ...]:
    return tuple(folder for text in texts for folder in text.split(":") if folder)


ELF_64_LITTLE = b"\x7fELF\x02\x01"
# Enough for the header and the table of segments, which follows it.
BEGINNING = 4096


def unloaded_bytes(beginning: bytes, size: int) -> int:
    """Return how many bytes lie behind the last loaded one, 0 when it is not known.

    ``beginning`` are the first bytes of a file of ``size`` bytes. Only 64-bit little-endian files
    that end with their table of sections count: what was put behind it is not a linker's.
    """
    if beginning[:6] != ELF_64_LITTLE:
        return 0
    try:
        segments, sections = struct.unpack_from("<QQ", beginning, 32)
        width, count, section_width, section_count = struct.unpack_from("<HHHH", beginning, 54)
        places = range(segments, segments + width * count, width or 1)
        spans = [struct.unpack_from("<8xQ16xQ", beginning, place) for place in places]
    except struct.error:
        return 0
    end: int = max([segments + width * count, *(offset + length for offset, length in spans)])
    if sections + section_width * section_count != size or end > sections:
        return 0
    return size - end


_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = struct.Struct("<20sIIB3xI12x")
_ENTRY = struct.Struct("<iIIIQ")
_LITTLE_ENDIAN = 2
# FLAG_ELF_LIBC6 with the bits of the architecture (sysdeps/generic/ldconfig.h).
_FLAGS = {"amd64": 0x0303, "arm64": 0x0A03}
_PARTS = re.compile(r"\d+|\D")


def loader_cache(libraries: Mapping[str, str], architecture: str) -> bytes:
    """Return the cache for libraries: name that programs ask for -> absolute path.

    Raises KeyError for an architecture other than amd64 and arm64.
    """
    names = sorted(libraries, key=_order, reverse=True)
    start = _HEADER.size + _ENTRY.size * len(names)
    strings = bytearray()
    entries = bytearray()
    for name in names:
        key = start + len(strings)
        strings += name.encode() + b"\0"
        value = start + len(strings)
        strings += libraries[name].encode() + b"\0"
        entries += _ENTRY.pack(_FLAGS[architecture], key, value, 0, 0)
    header = _HEADER.pack(_CACHE_MAGIC, len(names), len(strings), _LITTLE_ENDIAN, 0)
    return header + bytes(entries) + bytes(strings)


def _order(name: str) -> tuple[tuple[int, int], ...]:
    """Order as glibc's ``_dl_cache_libcmp`` does: digits by their number, and after the rest."""
    parts = _PARTS.findall(name)
    # The end of a name comes before anything else, as its terminating zero does.
    return (*((1, int(p)) if p.isdecimal() else (0, ord(p)) for p in parts), (-1, 0))


def listing_program(interpreter: str, architecture: str) -> bytes:
    """Return a program to stand at ``/sbin/ldconfig`` that prints the cache for ``-p``.

    It is a script for the image's own Python, so it serves every architecture and takes a
    thousandth of the space of the real one; for anything but ``-p`` it fails.
    """
    kind = {"amd64": "libc6,x86-64", "arm64": "libc6,AArch64"}[architecture]
    return _PROGRAM.format(interpreter=interpreter, kind=kind).encode()


_PROGRAM = '''\
#!{interpreter} -IES
"""Lists the libraries in /etc/ld.so.cache, as "ldconfig -p" does; this image needs no more."""
import struct
import sys

if sys.argv[1:] not in (["-p"], ["--print-cache"]):
    sys.exit("ldconfig: this image's libraries are fixed; only -p is supported")
with open("/etc/ld.so.cache", "rb") as file:
    cache = file.read()
count, = struct.unpack_from("<I", cache, 20)
print(f"{{count}} libs found in cache `/etc/ld.so.cache'")
for number in range(count):
    _, key, value = struct.unpack_from("<iII", cache, 48 + 24 * number)
    name, path = (cache[at:cache.index(b"\\0", at)].decode() for at in (key, value))
    print(f"\\t{{name}} ({kind}) => {{path}}")
'''


def library_names(paths: Iterable[tuple[str, str]], directories: Iterable[str]) -> dict[str, str]:
    """Return what the cache lists: name -> absolute path, the first directory first.

    ``paths`` are pairs of a path without a leading ``/`` and the soname found in the file there,
    which may be empty; links are given with an empty one and count by their own name.
    """
    by_directory: dict[str, dict[str, str]] = {}
    for path, soname in paths:
        directory, _, name = path.rpartition("/")
        by_directory.setdefault(directory, {})[name] = soname
    found: dict[str, str] = {}
    for directory in directories:
        names = by_directory.get(directory, {})
        for name, soname in sorted(names.items()):
            asked = soname or name
            found.setdefault(asked, f"/{directory}/{asked if asked in names else name}")
    return found
