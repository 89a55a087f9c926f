"""Takes files of the system out of a stage: ``python remove_system_files.py LIST``.

LIST holds paragraphs. ``package: NAME`` takes a package of Debian with all its files and its entry
in the package database, ``programs of: NAME`` its programs alone; any other line is an absolute
path or pattern (``*``, ``**``). Under ``modules of: FOLDER`` paths are modules and packages of the
standard library, and a module that explains itself takes the place of each. ``keep: PATTERN`` is an
exception in its paragraph. ``unless named: WORD`` leaves the files of a paragraph where a library
that stays names that word, those of ``not counting: PATTERN`` apart.

A shared library that something which stays names is kept, and that is said; its package keeps its
entry, so that scanners see it. Links to nothing and empty folders go too, and RECORD stays true.
Mounts are not touched.
"""

from __future__ import annotations

import csv
import os
import re
import stat
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

WORDS = ("package", "programs of", "modules of", "keep", "unless named", "not counting")
PROGRAMS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# Filesystem Hierarchy Standard 3.0, 3.2: folders that every system has.
EXPECTED = frozenset(
    f"/{name}"
    for name in (
        "", "bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root",
        "run", "sbin", "srv", "sys", "tmp", "usr", "var",
    )
)  # fmt: skip
DATABASE = "/var/lib/dpkg"
ALPINE = "/lib/apk/db/installed"
NAME = re.compile(r"^P:(.*)", re.MULTILINE)
BYTECODE = re.compile(r"(.*/)__pycache__/([^/.]+)\.[^/]*\.pyc")
GONE = """raise ModuleNotFoundError(
    "Jettison removed {name} from this image by the rule unreached-system. To keep it, write "
    'keep = ["{name}"] under [tool.jettison] in pyproject.toml and build again.', name="{name}")
"""
LIBRARY = re.compile(r"\.so(?:\.[^/]*)?$")
NAMED = re.compile(rb"\.so[.\w+-]*")
BEFORE = re.compile(rb"[\w.+-]+\Z")
PART = re.compile(r"\*\*/|\*\*|\*|[^*]+")
if TYPE_CHECKING:
    Paragraph = defaultdict[str, list[str]]
MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}


def main(arguments: list[str]) -> int:
    """Carry out the list; gives the exit status."""
    root = Path(os.environ.get("REMOVAL_ROOT", "/"))
    paragraphs = list(read(Path(arguments[0]).read_text(encoding="utf-8")))
    system = System(root, os.path.dirname(os.path.abspath(arguments[0])))
    leaving = {name for each in paragraphs for name in each["package"]} & system.owned.keys()
    gone: set[str] = set()
    for each in paragraphs:
        own = leaving.intersection(each["package"])
        gone |= excepted(system.only_of(leaving, own), each["keep"])
    for each in sorted(paragraphs, key=lambda one: bool(one["unless named"])):
        gone |= meant(each, system, gone)
    gone |= {path for path in system.paths if BYTECODE.sub(r"\1\2.py", path) in gone}
    kept = set(needed(system, gone))
    gone -= kept
    leaving -= system.owners(kept)
    size = remove(system, gone)
    system.forget(leaving)
    for path in system.paths - gone:
        if path.endswith(".dist-info/RECORD"):
            correct(system, path, gone)
    for each in paragraphs:
        for path in each[""] if each["modules of"] else ():
            explain(system, each["modules of"][0], path)
    if root == Path("/") and os.path.exists("/sbin/ldconfig"):
        subprocess.run(["/sbin/ldconfig"], check=False)
    print(f"{len(leaving)} packages and {len(gone)} files removed: {size / 1e6:.1f} MB")
    return 0


def read(text: str) -> Iterator[Paragraph]:
    """Give the paragraphs of a list: lines by their word, paths under the empty one."""
    for part in re.split(r"\n[ \t]*\n", text):
        found: Paragraph = defaultdict(list)
        for line in part.splitlines():
            word, colon, value = line.strip().partition(": ")
            if colon and word in WORDS:
                found[word].append(value.strip())
            elif line.strip() and not line.startswith("#"):
                found[""].append(line.strip())
        yield found


class System:
    """The files and links of one file system, and whose they are."""

    def __init__(self, root: Path, beside: str) -> None:
        self.root = root
        self.beside = beside
        self.paths = set(self._walk())
        self.owned: dict[str, set[str]] = {}
        real: dict[str, str] = {}
        for file in sorted(Path(self.place(f"{DATABASE}/info")).glob("*.list")):
            paths = self.owned[file.stem.partition(":")[0]] = set()
            for path in file.read_text(encoding="utf-8", errors="replace").splitlines():
                folder, _, name = path.rpartition("/")
                if folder not in real:
                    inner = os.path.realpath(self.place(folder or "/"))
                    real[folder] = inner[len(str(root).rstrip("/")) :].rstrip("/")
                paths.add(f"{real[folder]}/{name}")
        for part in self.alpine():
            lines = [line.partition(":")[::2] for line in part.splitlines()]
            folder, paths = "", self.owned.setdefault(dict(lines).get("P", ""), set())
            for letter, value in lines:
                folder = "/" + value if letter == "F" else folder
                if letter == "R":
                    inner = os.path.realpath(self.place(folder))[len(str(root).rstrip("/")) :]
                    paths.add(f"{inner.rstrip('/')}/{value}")

    def alpine(self) -> list[str]:
        """Give the paragraphs of apk's database."""
        file = Path(self.place(ALPINE))
        return file.read_text(encoding="utf-8").strip("\n").split("\n\n") if file.exists() else []

    def place(self, path: str) -> str:
        """Give where a path of the system lies."""
        return str(self.root).rstrip("/") + path

    def only_of(self, packages: set[str], some: set[str]) -> set[str]:
        """Give the files of some of the packages that belong to no other package."""
        others = {path for name in self.owned.keys() - packages for path in self.owned[name]}
        return {path for name in some for path in self.owned[name]} & self.paths - others

    def owners(self, paths: set[str]) -> set[str]:
        """Give the packages that any of the files belongs to."""
        return {name for name, own in self.owned.items() if own & paths}

    def forget(self, packages: set[str]) -> None:
        """Take packages out of the databases."""
        if packages and self.alpine():
            stay = [part for part in self.alpine() if not packages & set(NAME.findall(part))]
            Path(self.place(ALPINE)).write_text("\n\n".join(stay) + "\n\n", encoding="utf-8")
        status = Path(self.place(f"{DATABASE}/status"))
        if not packages or not status.exists():
            return
        parts = status.read_text(encoding="utf-8").strip("\n").split("\n\n")
        gone = tuple(f"Package: {name}\n" for name in packages)
        kept = "\n\n".join(part for part in parts if not f"{part}\n".startswith(gone))
        status.write_text(f"{kept}\n\n", encoding="utf-8")
        for file in Path(self.place(f"{DATABASE}/info")).iterdir():
            if file.name.rpartition(".")[0].partition(":")[0] in packages:
                file.unlink()

    def _walk(self) -> Iterator[str]:
        device, cut = os.lstat(self.root).st_dev, len(self.place(""))
        for folder, inner, names in os.walk(self.root):
            below, inner[:] = (*inner, *names), ()
            for name in below:
                path = os.path.join(folder, name)
                facts = os.lstat(path)
                if facts.st_dev != device or path[cut:] == self.beside:
                    continue
                if stat.S_ISDIR(facts.st_mode):
                    inner.append(name)
                elif stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode):
                    yield path[cut:]


def meant(paragraph: Paragraph, system: System, gone: set[str]) -> set[str]:
    """Give the files that the patterns of a paragraph mean."""
    wanted, passed = pattern(paragraph[""]), pattern(paragraph["not counting"])
    found = {path for path in system.paths if wanted.fullmatch(path)}
    for folder in paragraph["modules of"]:
        found |= modules(system, folder, paragraph[""])
    for name in paragraph["programs of"]:
        own = system.owned.get(name, set()) & system.paths
        found |= {path for path in own if os.path.dirname(path) in PROGRAMS}
    found = excepted(found, paragraph["keep"])
    for word in paragraph["unless named"] if found else ():
        for path in sorted(system.paths - gone - found):
            if not passed.fullmatch(path) and word.encode() in library(system, path):
                print(f"kept {paragraph[''][0]}: {path} names {word}")
                return set()
    return found


def modules(system: System, library: str, paths: list[str]) -> set[str]:
    """Give the files of modules and packages of the standard library, with their byte code."""
    folders = tuple(path for path in paths if path.endswith("/"))
    files = {path for path in paths if path.startswith(f"{library}/")}
    return {
        path
        for path in system.paths
        if path in files or path.startswith(folders) or BYTECODE.sub(r"\1\2.py", path) in files
    }


def explain(system: System, library: str, path: str) -> None:
    """Put a module in the place of one that is gone, which says what became of it."""
    inner = path[len(library) :].strip("/").removeprefix("lib-dynload/")
    parts = inner.split("/")
    parts[-1] = parts[-1].partition(".")[0]
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    place = Path(system.place(f"{library}/{name.replace('.', '/')}.py"))
    if place.parent.is_dir() and not place.exists() and not place.with_suffix("").exists():
        place.write_text(GONE.format(name=name), encoding="utf-8")


def excepted(paths: set[str], globs: list[str]) -> set[str]:
    """Give the paths that no pattern means."""
    keep = pattern(globs)
    return {path for path in paths if not keep.fullmatch(path)}


def pattern(globs: list[str]) -> re.Pattern[str]:
    """Compile patterns; ``a/**`` means what is below ``a``."""
    texts = ("".join(MEANING.get(p) or re.escape(p) for p in PART.findall(glob)) for glob in globs)
    return re.compile("|".join(texts) or r"(?!)", re.DOTALL)


def library(system: System, path: str) -> bytes:
    """Give the contents of an ELF file; those of any other are empty."""
    place = system.place(path)
    with open(os.devnull if os.path.islink(place) else place, "rb") as file:
        return file.read() if file.read(4) == b"\x7fELF" else b""


def needed(system: System, gone: set[str]) -> Iterator[str]:
    """Give the libraries that a file which stays names, with what their links lead to."""
    libraries: dict[str, list[str]] = defaultdict(list)
    for path in gone:
        if LIBRARY.search(path):
            libraries[path.rpartition("/")[2]].append(path)
    pending = sorted(system.paths - gone) if libraries else []
    while pending:
        user = pending.pop()
        place = system.place(user)
        names = set(named(library(system, user)))
        if os.path.islink(place):
            names = {os.path.basename(os.readlink(place))}
        if ".libs/" in user:
            names -= bundled(os.path.dirname(place), names)
        for name in sorted(names & libraries.keys()):
            for path in libraries.pop(name):
                print(f"kept {path}, for {user}")
                pending.append(path)
                yield path


def bundled(folder: str, names: set[str]) -> set[str]:
    """Give the libraries that lie in a folder under a name with a digest in it."""
    beside = tuple(os.listdir(folder))
    stems = {name: name.partition(".so")[0] + "-" for name in names}
    return {name for name, stem in stems.items() if any(one.startswith(stem) for one in beside)}


def named(content: bytes) -> Iterator[str]:
    """Give the names of shared libraries that are in an ELF file."""
    for found in NAMED.finditer(content):
        before = BEFORE.search(content, max(0, found.start() - 96), found.start())
        yield ((before[0] if before else b"") + found[0]).decode("ascii", "replace")


def remove(system: System, gone: set[str]) -> int:
    """Remove files, links that lead to nothing then, and empty folders; gives the bytes."""
    size = sum(os.lstat(system.place(path)).st_size for path in gone)
    folders = {os.path.dirname(path) for path in gone}
    for path in gone:
        os.unlink(system.place(path))
    dangling = [path for path in system.paths if leads_to(system, path) in gone]
    while dangling:
        gone.update(dangling)
        folders.update(os.path.dirname(path) for path in dangling)
        for path in dangling:
            os.unlink(system.place(path))
        dangling = [path for path in system.paths - gone if leads_to(system, path) in gone]
    for folder in sorted(folders, key=len, reverse=True):
        for each in (folder, *map(str, PurePosixPath(folder).parents)):
            place = system.place(each)
            if common(place, each) or not os.path.isdir(place) or os.listdir(place):
                break
            os.rmdir(place)
    return size


def common(place: str, folder: str) -> bool:
    """Tell whether a folder is one that any program may expect or write to, as ``/tmp``."""
    expected = folder in EXPECTED or os.path.dirname(folder) == "/var"
    return expected or (os.path.isdir(place) and bool(os.stat(place).st_mode & stat.S_ISVTX))


def correct(system: System, path: str, gone: set[str]) -> None:
    """Take removed files out of the RECORD of a distribution."""
    place, site = Path(system.place(path)), os.path.dirname(os.path.dirname(path))
    with place.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    kept = [row for row in rows if os.path.normpath(os.path.join(site, row[0])) not in gone]
    if kept != rows:
        with place.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(kept)


def leads_to(system: System, path: str) -> str:
    """Give what a link leads to; empty for a file."""
    place = system.place(path)
    if not os.path.islink(place):
        return ""
    target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(place)))
    folder = os.path.realpath(system.place(os.path.dirname(target)))
    return folder[len(str(system.root).rstrip("/")) :].rstrip("/") + "/" + os.path.basename(target)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]) if sys.argv[1:] else __doc__)
