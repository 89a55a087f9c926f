"""Runs what this image runs to its end, and says what it wrote. ``ASKED`` is put in front of this.

``words`` is the command; it may leave files in ``folders``, or below ``root`` beside the system's.
With ``beside``, it runs already: only the application's own commands are run, and no files told.
"""

import os
import shlex
import sys
import time

from jettison.verify.inside import commands, volumes

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
BESIDE = bool(ASKED.get("beside"))
ROOT = ASKED.get("root", "/")
FILES, OF_OTHERS = 200, 20
LONGEST = 1 << 16
# In how many seconds a command has to end so that others are tried, and those, together and each.
BRIEF, TOGETHER, EACH = 40.0, 10.0, 5.0
# How many times as long those have that ended in time before, as the machine may be busy.
PATIENCE = 5
STOPPED, PYTHON = -1, "python"
# How a command ends that was given too little: what is missing is what --help says.
MISUSED = 2


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


def ran(words, seconds, said=b""):
    """Run a command, and give its status and both streams; it is told ``said`` at its input."""
    import subprocess
    import tempfile

    with (
        tempfile.TemporaryFile() as told,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        told.write(said)
        told.seek(0)
        try:
            # the image's own commands, in a container of it
            done = subprocess.run(  # noqa: S603 - as above
                words,
                stdin=told if said else subprocess.DEVNULL,
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


def others(took):
    """Run what else the program offers: its other commands, and options.

    Without names of those to run, as many as there is time for; one that does not end is none.
    ``took`` is how many seconds the image's own command took: on a busy machine there are more.
    """
    known, found = ASKED.get("others"), {}
    patience = 1 if known is None else PATIENCE
    commands.lay_sample()
    since = {} if BESIDE else state()
    ends = time.monotonic() + (TOGETHER + (1 if BESIDE else 2) * min(took, TOGETHER)) * patience
    offered = commands.beside(ASKED) if BESIDE else commands.offered(ASKED["words"])
    wanted, following = iter(offered if known is None else map(shlex.split, known)), []
    while time.monotonic() < ends:
        words = following.pop() if following else next(wanted, None)
        if not words:
            break
        program = sys.executable if words[0] == PYTHON else words[0]
        told = ran([program, *words[1:]], EACH * patience, commands.SAMPLE)
        better = commands.corrected(words, *told) if known is None else None
        if better and shlex.join(better) not in found:
            following.append(better)
            if BESIDE or told[0] == MISUSED:
                continue
        # where it was stopped is chance
        told = told if told[0] != STOPPED else (STOPPED, b"", b"")
        made = {}
        if not BESIDE:
            made, since = written(since, OF_OTHERS) if told[0] != STOPPED else ({}, state())
        if known is not None or told[0] != STOPPED:
            found[shlex.join(words)] = (*told, made)
    return found


def whole():
    """Run the image's own command, and then others where that took little time."""
    began = time.monotonic()
    before = state()
    status, out, err = ran(ASKED["words"], ASKED["seconds"])
    files, _ = written(before, FILES)
    took = time.monotonic() - began
    brief = ASKED.get("others") or took < BRIEF
    return {
        "status": status,
        "out": out,
        "err": err,
        "files": files,
        "others": others(took) if brief else {},
    }


alone = {"status": 0, "out": b"", "err": b"", "files": {}}
answer = {**alone, "others": others(ASKED.get("ready", 0.0))} if BESIDE else whole()
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
