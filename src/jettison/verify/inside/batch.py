"""Runs what this image runs to its end, and says what it wrote. ``ASKED`` is put in front of this.

``words`` is the command; it may leave files in ``folders``, or below ``root`` beside the system's.
"""

import os
import sys
import time

from jettison.verify.inside import commands, volumes

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
ROOT = ASKED.get("root", "/")
FILES = 200
LONGEST = 1 << 16
# In how many seconds a command has to end so that others are tried, and those, together and each.
BRIEF, TOGETHER, EACH = 40.0, 15.0, 6.0


def state():
    """Give what tells whether a file was written, by path."""
    found = {}
    for path in volumes.files((*volumes.elsewhere(ROOT), *ASKED["folders"])):
        try:
            told = os.lstat(path)
        except OSError:
            continue
        found[path] = (told.st_mtime_ns, told.st_size, told.st_ino)
    return found


def content(path):
    """Give the first part of a file, and its size."""
    try:
        with open(path, "rb") as file:
            return (file.read(LONGEST), os.path.getsize(path))
    except OSError as failure:
        return (str(failure).encode(), 0)


def first(descriptor):
    """Give the first part of what was written."""
    descriptor.seek(0)
    return descriptor.read(LONGEST)


def ran(words, seconds):
    """Run a command, and give its status and both streams."""
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            # the image's own commands, in a container of it
            done = subprocess.run(  # noqa: S603 - as above
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=seconds,
                check=False,
            )
            status = done.returncode
        except subprocess.TimeoutExpired:
            status = -1
        except OSError as failure:
            return (127, b"", str(failure).encode())
        return (status, first(out), first(err))


def others():
    """Run what else the program offers, while there is time: its other commands, and options."""
    ends, found = time.monotonic() + TOGETHER, {}
    for words in commands.offered(ASKED["words"]):
        if time.monotonic() > ends:
            break
        status, out, err = ran(words, EACH)
        # where it was stopped is chance
        told = (status, out, err) if status >= 0 else (status, b"", b"")
        found[" ".join(words[1:] if words[0] == sys.executable else words)] = told
    return found


began = time.monotonic()
before = state()
status, out, err = ran(ASKED["words"], ASKED["seconds"])
written = [path for path, told in sorted(state().items()) if before.get(path) != told]
files = {path: content(path) for path in written[:FILES]}
brief = time.monotonic() - began < BRIEF
answer = {"status": status, "out": out, "err": err, "files": files}
answer["others"] = others() if brief else {}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
