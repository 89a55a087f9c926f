"""Sorts the files of a stage into layers: ``python sort_into_layers.py LIST LAYERS``.

LIST holds paragraphs: ``layer: NAME``, then folders. What is below LAYERS afterwards are folders of
these names, each with the files of one layer: a file lies in the layer that names the longest
folder around it, and in the first one when none does. Owners, modes, times, extended attributes and
hard links stay. Mounts, LAYERS and the folder of LIST are passed over.

Under ``equal files once`` stand folders in which only root writes. Of files below them with the
same content, owner and mode one is kept, in the first layer that has one; the others are further
names of it. Small files, code, databases, and files that others may write to stay apart.

It runs where modules may have left the standard library, so it needs none but ``os`` and ``sys``.
"""

from __future__ import annotations

import os
import sys

WORD = "layer: "
ONCE = "equal files once"
SMALLEST = 4096
# The loader knows a library by its file, byte code the time of its source, a database its name.
APART = (".py", ".pyc", ".pyd", ".dylib", ".node", ".db", ".sqlite", ".sqlite3")
FOR_OTHERS = 0o022
PLAIN = 0o100000
KINDS = (PLAIN, 0o120000)  # files and links
FOLDER = 0o040000
KIND = 0o170000
CHUNK = 1 << 20
# Mount points, which every container has.
MOUNTED = ("proc", "sys", "dev", "run")


def main(arguments: list[str]) -> int:
    """Sort everything; gives the exit status."""
    root = os.environ.get("REMOVAL_ROOT", "")
    with open(root + arguments[0], encoding="utf-8") as file:
        layers, once = read(file.read())
    beside = os.path.dirname(os.path.abspath(arguments[0]))
    Sorting(root, arguments[1], layers, once, {root + beside, root + arguments[1]}).run()
    return 0


def read(text: str) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Give the layers in order, each with its folders, and where equal files are kept once."""
    found: list[tuple[str, list[str]]] = []
    once: list[str] = []
    folders: list[str] = []
    for line in text.splitlines():
        if line.startswith(WORD):
            folders = []
            found.append((line[len(WORD) :].strip(), folders))
        elif line.strip() == ONCE:
            folders = once
        elif line.startswith("/"):
            folders.append(line.strip())
    return found, once


class Sorting:
    """The folders that are filled, and where each file and folder went."""

    def __init__(
        self,
        root: str,
        out: str,
        layers: list[tuple[str, list[str]]],
        once: list[str],
        passed_over: set[str],
    ) -> None:
        self.root = root
        self.out = root + out
        self.first = layers[0][0]
        self.names = [name for name, _ in layers]
        self.of = {path: name for name, paths in layers for path in paths}
        self.passed_over = passed_over
        self.made: dict[str, str] = {}
        self.linked: dict[tuple[str, int], str] = {}
        self.once = once
        # of files that are kept once: the one that is kept, and its number
        self.kept: dict[str, tuple[str, int]] = {}

    def run(self) -> None:
        """Put every file where it belongs, and every folder around it."""
        for name in self.names:
            os.makedirs(self.out + "/" + name)
        for alike in self.alike():
            self.keep_once(alike)
        self.below("", os.lstat(self.root or "/").st_dev)
        for name in MOUNTED:
            os.makedirs(self.out + "/" + self.first + "/" + name, exist_ok=True)
        for place in sorted(self.made, key=len, reverse=True):
            settle(self.made[place], place)

    def below(self, folder: str, device: int) -> None:
        """Sort what is in a folder."""
        for name in sorted(os.listdir(self.root + (folder or "/"))):
            path = folder + "/" + name
            facts = os.lstat(self.root + path)
            if facts.st_dev != device or self.root + path in self.passed_over:
                continue
            layer = self.layer(path)
            if facts.st_mode & KIND == FOLDER:
                self.folder(layer, path)
                self.below(path, device)
            elif facts.st_mode & KIND in KINDS:
                first, number = self.kept.get(path, (path, facts.st_ino))
                layer = self.layer(first)
                self.folder(layer, folder)
                self.file(layer, path, first, number)

    def alike(self) -> list[list[tuple[str, int]]]:
        """Give the files with the same size, owner and mode, each with its number."""
        found: dict[tuple[int, int, int], list[tuple[str, int]]] = {}
        for folder in self.once:
            for place, _, names in os.walk(self.root + folder):
                for name in names:
                    facts = os.lstat(place + "/" + name)
                    if is_shareable(place + "/" + name, facts):
                        path = place[len(self.root) :] + "/" + name
                        alike = found.setdefault((facts.st_size, facts.st_mode, facts.st_gid), [])
                        alike.append((path, facts.st_ino))
        return [sorted(set(alike)) for alike in found.values() if len(alike) > 1]

    def keep_once(self, alike: list[tuple[str, int]]) -> None:
        """Note of files with the same content which one is kept: that of the first layer."""
        order = {name: number for number, name in enumerate(self.names)}
        firsts: dict[int, list[tuple[str, int]]] = {}
        for path, number in sorted(alike, key=lambda one: (order[self.layer(one[0])], one[0])):
            with open(self.root + path, "rb") as file:
                known = firsts.setdefault(hash(file.read(CHUNK)), [])
            for first in known:
                if is_equal(self.root + first[0], self.root + path):
                    self.kept[path] = first
                    break
            else:
                known.append((path, number))

    def layer(self, path: str) -> str:
        """Give the layer that names the longest folder around a path."""
        while path:
            if path in self.of:
                return self.of[path]
            path = path.rpartition("/")[0]
        return self.first

    def folder(self, layer: str, path: str) -> None:
        """Make a folder of a layer and those around it."""
        place = self.out + "/" + layer + path
        if not path or place in self.made:
            return
        self.folder(layer, path.rpartition("/")[0])
        os.mkdir(place)
        self.made[place] = self.root + path

    def file(self, layer: str, path: str, first: str, number: int) -> None:
        """Give the file ``first`` the name ``path`` in a layer, or copy it where that cannot be."""
        place = self.out + "/" + layer + path
        source = self.linked.setdefault((layer, number), self.root + first)
        self.linked[layer, number] = place
        try:
            os.link(source, place, follow_symlinks=False)
        except OSError:
            copy(source, place)


def is_shareable(path: str, facts: os.stat_result) -> bool:
    """Whether a file can have a second name: only root writes to it, and nothing asks for it so."""
    return (
        facts.st_mode & KIND == PLAIN
        and facts.st_size >= SMALLEST
        and facts.st_uid == 0
        and facts.st_nlink == 1
        and not facts.st_mode & FOR_OTHERS
        and not path.endswith(APART)
        and ".so" not in path.rpartition("/")[2]
        and not os.listxattr(path)
    )


def is_equal(one: str, other: str) -> bool:
    """Whether two files have the same content."""
    with open(one, "rb") as left, open(other, "rb") as right:
        while True:
            chunk = left.read(CHUNK)
            if chunk != right.read(CHUNK):
                return False
            if not chunk:
                return True


def copy(source: str, place: str) -> None:
    """Copy a file or link with all that belongs to it."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), place)
    else:
        with open(source, "rb") as read_from, open(place, "wb") as written:
            for chunk in iter(lambda: read_from.read(CHUNK), b""):
                written.write(chunk)
    settle(source, place)


def settle(source: str, place: str) -> None:
    """Give a path the owner, mode, attributes and times of another one."""
    facts = os.lstat(source)
    os.chown(place, facts.st_uid, facts.st_gid, follow_symlinks=False)
    if not os.path.islink(place):
        os.chmod(place, facts.st_mode & 0o7777)
        for name in os.listxattr(source):
            try:
                os.setxattr(place, name, os.getxattr(source, name))
            except OSError as refused:
                print(f"{place} is without {name}: {refused}", file=sys.stderr)
    os.utime(place, ns=(facts.st_atime_ns, facts.st_mtime_ns), follow_symlinks=False)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]) if len(sys.argv) > 2 else __doc__)  # noqa: PLR2004
