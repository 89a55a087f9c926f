"""Runs what this image runs to its end, and says what it wrote. ``ASKED`` is put in front of this.

``words`` is the command; it may leave files in ``folders``, or below ``root`` beside the system's.
"""

import os
import sys

from jettison.verify.inside import volumes

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
ROOT = ASKED.get("root", "/")
FILES = 200
LONGEST = 1 << 16


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


def ran():
    """Run the command, and give its status and both streams."""
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            done = subprocess.run(  # noqa: S603 - the image's own command, in a container of it
                ASKED["words"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=ASKED["seconds"],
                check=False,
            )
            status = done.returncode
        except subprocess.TimeoutExpired:
            status = -1
        except OSError as failure:
            return (127, b"", str(failure).encode())
        return (status, first(out), first(err))


before = state()
status, out, err = ran()
written = [path for path, told in sorted(state().items()) if before.get(path) != told]
answer = {
    "status": status,
    "out": out,
    "err": err,
    "files": {path: content(path) for path in written[:FILES]},
}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
