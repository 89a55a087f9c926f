"""Tells files of this container from others of the same name."""

import importlib.util
import json
import os
import re
import struct
import time
import types
import warnings
import zlib
from datetime import datetime, timezone

UNREADABLE = "unreadable"
WHOLE = 1 << 23
PIECE = 1 << 16
EXPANDED = 1 << 26
# A step of a build that writes the time has ended writing the file so soon after.
NEAR = 600
SHORT = 1 << 18
# Of how many files times are told, and where not: byte code's are never shown.
DATED = 60_000
UNDATED = ("__pycache__", ".git", "node_modules")
SYSTEM = {
    "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "lost+found", "media", "mnt",
    "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var",
}  # fmt: skip
# Seconds for which modules are compiled; the others are told apart by their texts alone.
LEFT = [3.0]
OF_CODE = (
    "co_name", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_code",
    "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_exceptiontable",
)  # fmt: skip
TIMES = re.compile(
    rb"(?<![\w.])(?:(\d{4}-\d\d-\d\d[T _]\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?(?:Z|([+-]\d\d):?\d\d)?"
    rb"|[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:UTC )?\d{4})|(1\d{9}))(?![\w-])"
)
PAX_TIME = re.compile(rb"\d+ [acm]time=[\d.]+\n")
FORMS = {16: "%Y-%m-%d %H:%M", 19: "%Y-%m-%d %H:%M:%S"}
FORM = "%b %d %H:%M:%S %Y"


def digest(path, most):
    """Hash a file; of a larger one than ``most`` its size, its begin and its end.

    Where it says when it was written, a second hash after ``~`` leaves that out.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size <= most:
            content = meant(path, file.read())
            found = f"{len(content)}-{zlib.crc32(content):08x}"
            still = timeless(content, os.path.getmtime(path))
            return found if still == content else f"{found}~{zlib.crc32(still):08x}"
        begin = file.read(PIECE)
        file.seek(-PIECE, 2)
        return f"{size}-{zlib.crc32(begin + file.read(PIECE)):08x}"


def meant(path, content):
    """Give what a file says: not when it was compressed or packed, nor the order of keys."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = zlib.decompressobj(31).decompress(content, EXPANDED)
        except zlib.error:
            return content
    if content[:4] == b"PK\x03\x04":
        return zipped(content) or content
    if content[257:262] == b"ustar":
        return taped(content)
    if path.endswith((".json", ".webmanifest")):
        try:
            return json.dumps(json.loads(content.decode("utf-8")), sort_keys=True).encode()
        except (ValueError, RecursionError, UnicodeError):
            return content
    return content


def zipped(content):
    """List the files of a zip archive by name and content; nothing where it cannot be read.

    Byte code beside its source stands for that. Source: APPNOTE.TXT of PKWARE, 4.3.12 and 4.3.16.
    """
    end = content.rfind(b"PK\x05\x06")
    found = {}
    try:
        count, _, at = struct.unpack("<HII", content[end + 10 : end + 20])
        for _ in range(count):
            if content[at : at + 4] != b"PK\x01\x02":
                return b""
            crc, _, size, name, extra, comment = struct.unpack(
                "<IIIHHH", content[at + 16 : at + 34]
            )
            found[content[at + 46 : at + 46 + name].decode("utf-8", "replace")] = crc, size
            at += 46 + name + extra + comment
    except struct.error:
        return b""
    own = (one for one in sorted(found) if source_of(one) == one or source_of(one) not in found)
    return repr([(one, found[one]) for one in own]).encode()


def taped(content):
    """Give a tar archive without the times of its files. Source: pax in IEEE Std 1003.1."""
    parts, at = [], 0
    while at + 512 <= len(content):
        head = content[at : at + 512]
        try:
            size = int(head[124:136].strip(b" \0") or b"0", 8)
        except ValueError:
            return content
        if size < 0:
            return content
        body = content[at + 512 : at + 512 + size]
        if head[156:157] == b"x":
            # extended headers, whose length depends on the digits of the time
            parts.append(PAX_TIME.sub(b"", body))
        else:
            parts += [head[:136], head[156:], body]
        at += 512 + (size + 511) // 512 * 512
    return b"".join(parts)


def timeless(content, written):
    """Leave out the times at which a file was written, in UTC or by the clock of the image."""
    if len(content) > SHORT:
        return content

    def near(found):
        try:
            moments = times_of(*(one and one.decode() for one in found.groups()))
        except ValueError:
            moments = ()
        return b"<time>" if any(abs(one - written) < NEAR for one in moments) else found[0]

    return TIMES.sub(near, content)


def times_of(iso, hours, date, seconds):
    """Give the moments that a text may stand for. Raises ValueError where it is none."""
    if seconds:
        return (int(seconds),)
    text = iso.replace("T", " ").replace("_", " ") if iso else date.replace("UTC ", "")
    moment = datetime.strptime(text, FORMS[len(text)] if iso else FORM)
    universal = moment.replace(tzinfo=timezone.utc).timestamp()
    return universal, universal - 3600 * int(hours or 0), moment.timestamp()


def told(path, most=WHOLE):
    """Hash a file, or say that it cannot be read; nothing of what is no file."""
    try:
        return digest(path, most) if os.path.isfile(path) else ""
    except OSError:
        return UNREADABLE


def is_short(path):
    """Tell whether a path leads to a file, of a size that is read at once."""
    try:
        return os.path.isfile(path) and os.path.getsize(path) <= WHOLE
    except OSError:
        return False


def told_of_code(path):
    """Hash a file, and behind ``~`` what a module is compiled to, as comments do nothing."""
    found = told(path)
    if not path.endswith(".py") or "-" not in found or "~" in found or LEFT[0] < 0:
        return found
    begun = time.monotonic()
    with open(path, "rb") as file:
        content = file.read(SHORT + 1)
    if len(content) > SHORT:
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = compile(content, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    hashed = zlib.crc32(repr(meaning(compiled)).encode())
    LEFT[0] -= time.monotonic() - begun
    return f"{found}~{hashed:08x}"


def meaning(value):
    """Give what code does or a constant is, without the lines where it stands."""
    if isinstance(value, types.CodeType):
        own = [getattr(value, name, None) for name in OF_CODE]
        return [*own, meaning(value.co_consts)]
    if isinstance(value, tuple):
        return [meaning(one) for one in value]
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def held(paths, moment):
    """Tell those of some files that were there at a moment; byte code stands for its source.

    An engine that links files into a container changes their ctime then, and not their mtime.
    """
    sources = {source_of(path) for path in paths}
    there = ((path, os.stat(path)) for path in sorted(sources) if os.path.isfile(path))
    return {path: told(path) for path, at in there if min(at.st_ctime, at.st_mtime) < moment}


def times(places, folder):
    """Give when each file was changed that is no system's, by its path.

    In ``places``, which packages are installed into, it is the path below the first of them. Byte
    code in the place of its source stands for that.
    """
    tops = {f"/{one}" for one in os.listdir("/") if one not in SYSTEM} | {"/usr/src", "/var/www"}
    tops = {one for one in tops if not f"{folder}/".startswith(f"{one}/")} | {folder}
    found = {}
    for root in (*sorted(tops - {"/"}), *reversed(places)):
        for place, inner, names in os.walk(root):
            inner[:] = [
                one
                for one in inner
                if one not in UNDATED and os.path.join(place, one) not in places
            ]
            for path in (os.path.join(place, name) for name in names):
                if len(found) < DATED and os.path.isfile(path):
                    own = os.path.relpath(path, root) if root in places else path
                    found[own[:-1] if own.endswith(".pyc") else own] = int(os.path.getmtime(path))
    return found


def compiled(folders):
    """Count the modules whose byte code is there and would be used, as it fits their source."""
    found = 0
    for folder, inner, names in (one for top in folders for one in os.walk(top)):
        inner[:] = [one for one in inner if one not in UNDATED and not one.endswith("-packages")]
        for path in (os.path.join(folder, name) for name in names if name.endswith(".py")):
            try:
                with open(importlib.util.cache_from_source(path), "rb") as file:
                    head = struct.unpack("<4xIII", file.read(16))
                state = os.stat(path)
            except (OSError, struct.error, NotImplementedError):
                continue
            # checked by a hash, or made of a source of that time and size (PEP 552)
            made = int(state.st_mtime) & 0xFFFFFFFF, state.st_size & 0xFFFFFFFF
            found += head[0] != 0 or head[1:] == made
    return found


def source_of(path):
    """Give the source that byte code was made from, and any other file itself."""
    folder, name = os.path.split(path)
    if not name.endswith(".pyc") or os.path.basename(folder) != "__pycache__":
        return path
    return os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
