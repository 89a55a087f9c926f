"""Tells files of this container from others of the same name."""

import json
import os
import zlib

UNREADABLE = "unreadable"
WHOLE = 1 << 23
PIECE = 1 << 16
EXPANDED = 1 << 26


def digest(path, most):
    """Hash a file; of a larger one than ``most`` its size, its begin and its end."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size <= most:
            return f"{size}-{zlib.crc32(meant(path, file.read())):08x}"
        begin = file.read(PIECE)
        file.seek(-PIECE, 2)
        return f"{size}-{zlib.crc32(begin + file.read(PIECE)):08x}"


def meant(path, content):
    """Give what a file says: not when it was compressed, nor the order of keys."""
    if content[:2] == b"\x1f\x8b":
        try:
            return zlib.decompressobj(31).decompress(content, EXPANDED)
        except zlib.error:
            return content
    if path.endswith((".json", ".webmanifest")):
        try:
            return json.dumps(json.loads(content.decode("utf-8")), sort_keys=True).encode()
        except (ValueError, RecursionError, UnicodeError):
            return content
    return content


def told(path, most=WHOLE):
    """Hash a file, or say that it cannot be read; nothing of what is no file."""
    try:
        return digest(path, most) if os.path.isfile(path) else ""
    except OSError:
        return UNREADABLE


def held(paths, moment):
    """Tell those of some files that were there at a moment; byte code stands for its source.

    An engine that links files into a container changes their ctime then, and not their mtime.
    """
    sources = {source_of(path) for path in paths}
    there = ((path, os.stat(path)) for path in sorted(sources) if os.path.isfile(path))
    return {path: told(path) for path, at in there if min(at.st_ctime, at.st_mtime) < moment}


def source_of(path):
    """Give the source that byte code was made from, and any other file itself."""
    folder, name = os.path.split(path)
    if not name.endswith(".pyc") or os.path.basename(folder) != "__pycache__":
        return path
    return os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
