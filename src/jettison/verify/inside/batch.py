"""Runs what this image runs to its end, and says what it wrote. ``ASKED`` is put in front of this.

``words`` is the command; it may leave files in ``folders``, or below ``root`` beside the system's.
"""

import os
import shlex
import sys
import time

from jettison.verify.inside import commands, volumes

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
ROOT = ASKED.get("root", "/")
FILES, OF_OTHERS = 200, 20
LONGEST = 1 << 16
# In how many seconds a command has to end so that others are tried, and those, together and each.
BRIEF, TOGETHER, EACH = 40.0, 10.0, 5.0
# How many times as long those have that ended in time before, as the machine may be busy.
PATIENCE = 5
STOPPED, PYTHON = -1, "python"


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
            status = STOPPED
        except OSError as failure:
            return (127, b"", str(failure).encode())
        return (status, first(out), first(err))


def written(since, most):
    """Give what each file holds that was written since, of so many files, and what is there now."""
    now = state()
    paths = [path for path, told in sorted(now.items()) if since.get(path) != told]
    return {path: content(path) for path in paths[:most]}, now


def others(since):
    """Run what else the program offers: its other commands, and options.

    Without names of those to run, as many as there is time for; one that does not end is none.
    """
    known, found = ASKED.get("others"), {}
    patience = 1 if known is None else PATIENCE
    ends = time.monotonic() + TOGETHER * patience
    wanted = commands.offered(ASKED["words"]) if known is None else map(shlex.split, known)
    for words in wanted:
        if time.monotonic() > ends:
            break
        told = ran(
            [sys.executable if words[0] == PYTHON else words[0], *words[1:]], EACH * patience
        )
        # where it was stopped is chance
        told = told if told[0] != STOPPED else (STOPPED, b"", b"")
        made, since = written(since, OF_OTHERS) if told[0] != STOPPED else ({}, state())
        if known is not None or told[0] != STOPPED:
            found[shlex.join(words)] = (*told, made)
    return found


began = time.monotonic()
before = state()
status, out, err = ran(ASKED["words"], ASKED["seconds"])
files, after = written(before, FILES)
brief = ASKED.get("others") or time.monotonic() - began < BRIEF
answer = {"status": status, "out": out, "err": err, "files": files}
answer["others"] = others(after) if brief else {}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
