"""Takes files of the system out of a stage: ``python remove_system_files.py LIST FOLDER…``.

LIST holds paragraphs. ``package: NAME`` takes a package of Debian with all its files and its entry
in the package database, ``programs of: NAME`` its programs alone; any other line is an absolute
path or pattern (``*``, ``**``). ``keep: PATTERN`` is an exception in its paragraph. ``unless named:
WORD`` leaves the files of a paragraph where a library that stays names that word, those of ``not
counting: PATTERN`` apart. What is not there is passed over.

A shared library that something which stays names is kept, and that is said. Links that lead to
nothing any more go too, and folders that are empty then. The contents of each FOLDER are taken out
last: the final stage copies them by themselves. Mounts are not touched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

WORDS = ("package", "programs of", "keep", "unless named", "not counting")
PROGRAMS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
DATABASE = "/var/lib/dpkg"
NAMED = re.compile(rb"\.so[.\w+-]*")
BEFORE = re.compile(rb"[\w.+-]+\Z")
LONGEST = 96
PART = re.compile(r"\*\*/|\*\*|\*|[^*]+")
MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}


@dataclass
class Paragraph:
    """One paragraph of the list: lines by their word, paths under the empty one."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def given(self, word: str) -> list[str]:
        """Give the values of a word."""
        return self.lines.get(word, [])


def main(arguments: list[str]) -> int:
    """Carry out the list; gives the exit status."""
    root = Path(os.environ.get("REMOVAL_ROOT", "/"))
    paragraphs = list(read(Path(arguments[0]).read_text(encoding="utf-8")))
    apart = [folder.rstrip("/") for folder in arguments[1:]]
    system = System(root)
    leaving = {name for each in paragraphs for name in each.given("package")} & system.owned.keys()
    gone: set[str] = set()
    for each in paragraphs:
        own = leaving.intersection(each.given("package"))
        gone |= excepted(system.only_of(leaving, own), each.given("keep"))
    for each in paragraphs:
        gone |= meant(each, system, gone)
    gone = {path for path in gone if not any(path.startswith(f"{one}/") for one in apart)}
    gone -= set(needed(system, gone))
    size = sum(os.lstat(system.place(path)).st_size for path in gone)
    remove(system, gone)
    system.forget(leaving)
    for folder in apart:
        empty(system.place(folder))
    shutil.rmtree(Path(arguments[0]).parent)
    if root == Path("/") and os.path.exists("/sbin/ldconfig"):
        subprocess.run(["/sbin/ldconfig"], check=False)
    print(f"{len(leaving)} packages and {len(gone)} files removed: {size / 1e6:.1f} MB")
    return 0


def read(text: str) -> Iterator[Paragraph]:
    """Give the paragraphs of a list."""
    for part in re.split(r"\n[ \t]*\n", text):
        found = Paragraph()
        for line in part.splitlines():
            word, colon, value = line.strip().partition(": ")
            if colon and word in WORDS:
                found.lines.setdefault(word, []).append(value.strip())
            elif line.strip() and not line.startswith("#"):
                found.lines.setdefault("", []).append(line.strip())
        yield found


class System:
    """The files and links of one file system, and whose they are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = set(self._walk())
        self.owned: dict[str, set[str]] = {}
        real: dict[str, str] = {}
        for file in sorted(Path(self.place(f"{DATABASE}/info")).glob("*.list")):
            paths = self.owned[file.stem.partition(":")[0]] = set[str]()
            for path in file.read_text(encoding="utf-8", errors="replace").splitlines():
                folder, _, name = path.rpartition("/")
                if folder not in real:
                    inner = os.path.realpath(self.place(folder or "/"))
                    real[folder] = inner[len(str(root).rstrip("/")) :].rstrip("/")
                paths.add(f"{real[folder]}/{name}")

    def place(self, path: str) -> str:
        """Give where a path of the system lies."""
        return str(self.root).rstrip("/") + path

    def only_of(self, packages: set[str], some: set[str]) -> set[str]:
        """Give the files of some of the packages that belong to no other package."""
        others = {path for name in self.owned.keys() - packages for path in self.owned[name]}
        return {path for name in some for path in self.owned[name]} & self.paths - others

    def forget(self, packages: set[str]) -> None:
        """Take packages out of the database."""
        status = Path(self.place(f"{DATABASE}/status"))
        if not packages or not status.exists():
            return
        text = status.read_text(encoding="utf-8")
        names = re.compile(r"^Package: (.+)$", re.MULTILINE)
        parts = [part for part in text.split("\n\n") if part.strip()]
        kept = [
            part for part in parts if (found := names.search(part)) and found[1] not in packages
        ]
        status.write_text("\n\n".join(kept).rstrip("\n") + "\n\n", encoding="utf-8")
        for file in Path(self.place(f"{DATABASE}/info")).iterdir():
            if file.name.rpartition(".")[0].partition(":")[0] in packages:
                file.unlink()

    def _walk(self) -> Iterator[str]:
        device = os.lstat(self.root).st_dev
        cut = len(str(self.root).rstrip("/"))
        for folder, inner, names in os.walk(self.root):
            links = [name for name in inner if os.path.islink(os.path.join(folder, name))]
            inner[:] = [n for n in inner if os.lstat(os.path.join(folder, n)).st_dev == device]
            for name in (*names, *links):
                path = os.path.join(folder, name)
                if os.lstat(path).st_dev == device:
                    yield path[cut:]


def meant(paragraph: Paragraph, system: System, gone: set[str]) -> set[str]:
    """Give the files that the patterns of a paragraph mean."""
    wanted, passed = pattern(paragraph.given("")), pattern(paragraph.given("not counting"))
    found = {path for path in system.paths if wanted.fullmatch(path)}
    for name in paragraph.given("programs of"):
        own = system.owned.get(name, set()) & system.paths
        found |= {path for path in own if os.path.dirname(path) in PROGRAMS}
    found = excepted(found, paragraph.given("keep"))
    for word in paragraph.given("unless named") if found else ():
        for path in sorted(system.paths - gone - found):
            if not passed.fullmatch(path) and word.encode() in library(system, path):
                print(f"kept {paragraph.given('')[0]}: {path} names {word}")
                return set()
    return found


def excepted(paths: set[str], globs: list[str]) -> set[str]:
    """Give the paths that no pattern means."""
    keep = pattern(globs)
    return {path for path in paths if not keep.fullmatch(path)}


def pattern(globs: list[str]) -> re.Pattern[str]:
    """Compile patterns; ``a/**`` means what is below ``a``."""
    return re.compile("|".join(expression(glob) for glob in globs) or r"(?!)", re.DOTALL)


def expression(glob: str) -> str:
    """Give the regular expression of one pattern."""
    return "".join(MEANING.get(part) or re.escape(part) for part in PART.findall(glob))


def library(system: System, path: str) -> bytes:
    """Give the contents of an ELF file; those of any other are empty."""
    place = system.place(path)
    if os.path.islink(place):
        return b""
    with open(place, "rb") as file:
        return file.read() if file.read(4) == b"\x7fELF" else b""


def needed(system: System, gone: set[str]) -> Iterator[str]:
    """Give the libraries that a file which stays names, with what their links lead to."""
    libraries: dict[str, list[str]] = {}
    for path in gone:
        if ".so" in path.rpartition("/")[2]:
            libraries.setdefault(path.rpartition("/")[2], []).append(path)
    pending = sorted(system.paths - gone) if libraries else []
    while pending:
        user = pending.pop()
        place = system.place(user)
        names = set(names_of(library(system, user)))
        if os.path.islink(place):
            names = {os.path.basename(os.readlink(place))}
        for name in sorted(names & libraries.keys()):
            for path in libraries.pop(name):
                print(f"kept {path}, for {user}")
                pending.append(path)
                yield path


def names_of(content: bytes) -> Iterator[str]:
    """Give the names of shared libraries that stand in an ELF file."""
    for found in NAMED.finditer(content):
        before = BEFORE.search(content, max(0, found.start() - LONGEST), found.start())
        if before:
            yield (before[0] + found[0]).decode("ascii", "ignore")


def remove(system: System, gone: set[str]) -> None:
    """Remove files, links that lead to nothing then, and the folders that are empty then."""
    folders = {os.path.dirname(path) for path in gone}
    for path in gone:
        os.unlink(system.place(path))
    while dangling := [path for path in system.paths - gone if leads_to(system, path) in gone]:
        gone.update(dangling)
        folders.update(os.path.dirname(path) for path in dangling)
        for path in dangling:
            os.unlink(system.place(path))
    for folder in sorted(folders, key=len, reverse=True):
        for each in (folder, *map(str, PurePosixPath(folder).parents)):
            place = system.place(each)
            if each == "/" or not os.path.isdir(place) or os.listdir(place):
                break
            os.rmdir(place)


def leads_to(system: System, path: str) -> str:
    """Give what a link leads to; empty for a file."""
    place = system.place(path)
    if not os.path.islink(place):
        return ""
    target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(place)))
    folder = os.path.realpath(system.place(os.path.dirname(target)))
    return folder[len(str(system.root).rstrip("/")) :].rstrip("/") + "/" + os.path.basename(target)


def empty(folder: str) -> None:
    """Take everything out of a folder; the folder itself stays with its owner and mode."""
    for entry in os.scandir(folder) if os.path.isdir(folder) else ():
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


if __name__ == "__main__":
    if len(sys.argv) < 2:  # noqa: PLR2004  # the program and the list
        raise SystemExit("usage: python remove_system_files.py LIST FOLDER...")
    raise SystemExit(main(sys.argv[1:]))
