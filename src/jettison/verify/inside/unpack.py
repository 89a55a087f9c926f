"""Lays test tools and tests beside what this image has. Standard input is what ``pack`` wrote.

``ASKED`` is put in front of this text. Only built-in modules are used, so that the image needs
nothing for it. Folders of the image appear in the overlay as links, so that a test finds the files
that it expects around itself.
"""

import marshal
import os
import sys

ASKED = globals().get("ASKED", {})
OVERLAY = ASKED.get("overlay", "/jettison")


def folder(path):
    """Make a folder of the overlay; what the image has in it is linked."""
    if os.path.isdir(OVERLAY + path) and not os.path.islink(OVERLAY + path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        folder(parent)
    if os.path.islink(OVERLAY + path):
        os.unlink(OVERLAY + path)
    os.mkdir(OVERLAY + path)
    if path != "/" and os.path.isdir(path):
        for name in os.listdir(path):
            os.symlink(os.path.join(path, name), OVERLAY + os.path.join(path, name))


def write(path, mode, content):
    """Write a file, in place of a link if there is one."""
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode | 0o600)


def write_all(files, below):
    """Write files by their path below a folder."""
    for path, (mode, content) in files.items():
        os.makedirs(os.path.dirname(os.path.join(below, path)), exist_ok=True)
        write(os.path.join(below, path), mode, content)


packed = marshal.loads(sys.stdin.buffer.read())
write_all(packed["tools"], OVERLAY + "/.site")
write_all(packed["library"], OVERLAY + "/.standard")
for path, (mode, content) in packed["tests"].items():
    folder(os.path.dirname(path))
    write(OVERLAY + path, mode, content)
folder(ASKED.get("working_directory", "/"))
os.mkdir(OVERLAY + "/.boot")
known = f"OVERLAY = {OVERLAY!r}\nLACKING = frozenset({packed['lacking']!r})\n"
write(OVERLAY + "/.boot/sitecustomize.py", 0o644, (known + ASKED["boot"]).encode())
