"""Tells files of this container from others of the same name."""

import json
import os
import re
import zlib
from datetime import datetime, timezone

UNREADABLE = "unreadable"
WHOLE = 1 << 23
PIECE = 1 << 16
EXPANDED = 1 << 26
# A step of a build that writes the time has ended writing the file so soon after.
NEAR = 600
SHORT = 1 << 18
TIMES = re.compile(
    rb"(?<![\w.])(?:(\d{4}-\d\d-\d\d[T _]\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    rb"|[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:UTC )?\d{4})|(1\d{9}))(?![\w-])"
)
FORMS = ("%Y-%m-%d %H:%M:%S", "%b %d %H:%M:%S %Y")


def digest(path, most):
    """Hash a file; of a larger one than ``most`` its size, its begin and its end.

    Where it says when it was written, a second hash after ``~`` leaves that out.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size <= most:
            content = meant(path, file.read())
            found = f"{size}-{zlib.crc32(content):08x}"
            still = timeless(content, os.path.getmtime(path))
            return found if still == content else f"{found}~{zlib.crc32(still):08x}"
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


def times_of(iso, date, seconds):
    """Give the moments that a text may stand for. Raises ValueError where it is none."""
    if seconds:
        return (int(seconds),)
    text = iso.replace("T", " ").replace("_", " ") if iso else date.replace("UTC ", "")
    moment = datetime.strptime(text, FORMS[0 if iso else 1])
    return moment.replace(tzinfo=timezone.utc).timestamp(), moment.timestamp()


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
