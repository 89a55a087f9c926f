"""``/etc/ld.so.cache``, for any architecture, and an ``ldconfig -p`` that reads it.

The format is glibc's "glibc-ld.so.cache1.1" (elf/dl-cache.h), which needs no old part since glibc
2.32 and is read by every older one too. ``ctypes.util.find_library`` runs ``/sbin/ldconfig -p`` and
knows no other way in an image without a compiler.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping

_MAGIC = b"glibc-ld.so.cache1.1"
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
    header = _HEADER.pack(_MAGIC, len(names), len(strings), _LITTLE_ENDIAN, 0)
    return header + bytes(entries) + bytes(strings)


def _order(name: str) -> tuple[tuple[int, int], ...]:
    """Order as glibc's ``_dl_cache_libcmp`` does: digits by their number, and after the rest."""
    parts = _PARTS.findall(name)
    # The end of a name comes before anything else, as its terminating zero does.
    return (*((1, int(p)) if p.isdigit() else (0, ord(p)) for p in parts), (-1, 0))


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
