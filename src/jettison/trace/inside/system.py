"""Gives what lies around an environment, as marshal's bytes: files, links, packages, libraries.

Only the file system of the image is read, no mounts.
"""

import marshal
import os
import struct

DATABASE = "/var/lib/dpkg/"
ELF_64_LITTLE = b"\x7fELF\x02\x01"
DYNAMIC, LOADED = 2, 1
NEEDED, STRINGS, END = 1, 5, 0

OUTPUT = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def walk(top):
    """Give every file and link with its facts."""
    device = os.lstat(top).st_dev
    pending = [top]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                if facts.st_dev != device:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                    yield entry.path, facts


def needed(path):
    """Give the names of the libraries that a file needs; None when it is no ELF file."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:6] != ELF_64_LITTLE:
            return None
        (table,) = struct.unpack_from("<Q", head, 32)
        width, count = struct.unpack_from("<HH", head, 54)
        file.seek(table)
        rows = file.read(width * count)
        parts = [struct.unpack_from("<IIQQQQ", rows, width * index) for index in range(count)]
        dynamic = next((part for part in parts if part[0] == DYNAMIC), None)
        if dynamic is None:
            return []
        file.seek(dynamic[2])
        content = file.read(dynamic[5])
        tags = [struct.unpack_from("<QQ", content, at) for at in range(0, len(content) - 15, 16)]
        address = next((value for tag, value in tags if tag == STRINGS), 0)
        place = next(
            (p[2] + address - p[3] for p in parts if p[0] == LOADED and 0 <= address - p[3] < p[5]),
            None,
        )
        if place is None:
            return []
        return [text(file, place + value) for tag, value in tags if tag == NEEDED]


def text(file, place):
    """Give the text at a place of a file, up to its zero."""
    file.seek(place)
    return file.read(256).partition(b"\0")[0].decode("utf-8", "replace")


def lists():
    """Give the files of each package by its name, folders where links lead."""
    folders, found = {}, {}
    for name in os.listdir(DATABASE + "info"):
        if name.endswith(".list"):
            with open(DATABASE + "info/" + name, encoding="utf-8", errors="replace") as file:
                paths = file.read().splitlines()
            real = found[name[:-5].partition(":")[0]] = []
            for path in paths:
                folder, _, last = path.rpartition("/")
                if folder not in folders:
                    folders[folder] = os.path.realpath(folder or "/").rstrip("/")
                real.append(folders[folder] + "/" + last)
    return found


files, links, libraries = {}, {}, {}
linked = set()
for path, facts in walk("/"):
    if os.path.islink(path):
        links[path] = os.readlink(path)
        continue
    # a further name of the same file takes no room
    files[path] = 0 if facts.st_ino in linked else facts.st_size
    if facts.st_nlink > 1:
        linked.add(facts.st_ino)
    try:
        names = needed(path)
    except (OSError, struct.error):
        names = None
    if names is not None:
        libraries[path] = names
status = ""
if os.path.exists(DATABASE + "status"):
    with open(DATABASE + "status", encoding="utf-8", errors="replace") as database:
        status = database.read()
marshal.dump(
    {
        "files": files,
        "links": links,
        "libraries": libraries,
        "status": status,
        "lists": lists() if status else {},
    },
    OUTPUT,
    2,
)
OUTPUT.flush()
os._exit(0)
