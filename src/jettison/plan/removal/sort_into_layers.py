"""Sorts the files of a stage into layers: ``python sort_into_layers.py LIST LAYERS``.

LIST holds paragraphs: ``layer: NAME``, then folders. What is below LAYERS afterwards are folders of
these names, each with the files of one layer: a file lies in the layer that names the longest
folder around it, and in the first one when none does. Owners, modes, times, extended attributes and
hard links stay. Mounts, LAYERS and the folder of LIST are passed over.

It runs where modules may have left the standard library, so it needs none but ``os`` and ``sys``.
"""

from __future__ import annotations

import os
import sys

WORD = "layer: "
KINDS = (0o100000, 0o120000)  # files and links
FOLDER = 0o040000
KIND = 0o170000
CHUNK = 1 << 20
# Mount points, which every container has.
MOUNTED = ("proc", "sys", "dev", "run")


def main(arguments: list[str]) -> int:
    """Sort everything; gives the exit status."""
    root = os.environ.get("REMOVAL_ROOT", "")
    with open(root + arguments[0], encoding="utf-8") as file:
        layers = read(file.read())
    beside = os.path.dirname(os.path.abspath(arguments[0]))
    Sorting(root, arguments[1], layers, {root + beside, root + arguments[1]}).run()
    return 0


def read(text: str) -> list[tuple[str, list[str]]]:
    """Give the layers in their order, each with its folders."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(WORD):
            found.append((line[len(WORD) :].strip(), []))
        elif line.startswith("/") and found:
            found[-1][1].append(line.strip())
    return found


class Sorting:
    """The folders that are filled, and where each file and folder went."""

    def __init__(
        self, root: str, out: str, layers: list[tuple[str, list[str]]], passed_over: set[str]
    ) -> None:
        self.root = root
        self.out = root + out
        self.first = layers[0][0]
        self.names = [name for name, _ in layers]
        self.of = {path: name for name, paths in layers for path in paths}
        self.passed_over = passed_over
        self.made: dict[str, str] = {}
        self.linked: dict[tuple[str, int], str] = {}

    def run(self) -> None:
        """Put every file where it belongs, and every folder around it."""
        for name in self.names:
            os.makedirs(self.out + "/" + name)
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
                self.folder(layer, folder)
                self.file(layer, path, facts)

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

    def file(self, layer: str, path: str, facts: os.stat_result) -> None:
        """Give a file another name in its layer, or copy it where that cannot be."""
        place = self.out + "/" + layer + path
        source = self.linked.setdefault((layer, facts.st_ino), self.root + path)
        self.linked[layer, facts.st_ino] = place
        try:
            os.link(source, place, follow_symlinks=False)
        except OSError:
            copy(source, place)


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
