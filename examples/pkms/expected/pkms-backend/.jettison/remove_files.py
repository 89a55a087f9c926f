"""Takes files out of an environment: ``python remove_files.py LIST ENVIRONMENT [REMOVED]``.

LIST holds paragraphs. A line is a path or a pattern (``*``, ``**``) below site-packages, or below
ENVIRONMENT when it begins with ``/``; one that ends in ``/`` takes a folder whole. What is not
there is passed over, and nothing outside of ENVIRONMENT is touched.

What a line means stays, and that is said, when a module that stays imports one of its modules
and has no other way (``try`` with ``except ImportError``), one beside a file names it in quotes, or
a library names one of its libraries. Under ``together`` the lines of a paragraph go as one, and
``not counting: PATTERN`` names files whose imports do not keep it. ``sections: PATTERN`` cuts
symbols and debug information off shared libraries, which no loader reads. ``link: PATH -> FILE``
makes PATH a hard link of FILE where both are there and equal, so that their bytes are kept once.
Byte code goes with its source, empty folders go, and RECORD stays true. What left is written to
REMOVED, relative to site-packages.
"""

from __future__ import annotations

import ast
import base64
import csv
import filecmp
import hashlib
import os
import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

TOGETHER = "together"
NOT_COUNTING = "not counting:"
SECTIONS = "sections:"
LINK = "link:"
ARROW = " -> "
IMPORT = re.compile(
    rb"^([ \t]*)(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)"
    rb"|import[ \t]+([^\n#;]*))",
    re.MULTILINE,
)
WORD = re.compile(rb"[\w.]+")
QUOTED = re.compile(rb"['\"]([\w+-][\w.+-]*\.\w+)['\"]")
ELF_64_LITTLE = b"\x7fELF\x02\x01"
QT_SECTION = b".qtmetadata"
File = TypeVar("File")


def main(arguments: list[str]) -> None:
    """Carry out the list."""
    root = Path(arguments[1]).resolve()
    site = min(root.glob("lib/python3*/*-packages"), key=lambda p: (p.name < "s", p), default=root)
    text = Path(arguments[0]).read_text(encoding="utf-8")
    groups = [Group(lines, root, site) for lines in lines_together(text)]
    gone, kept = removable(groups, lambda left, gone: uses_on_disk(left, gone, site))
    for what, user in kept.items():
        print(f"kept {what} and what goes with it, for {user.relative_to(site)}")
    libraries = {file for group in groups for file in group.libraries} - gone
    removed = sum(file.lstat().st_size for file in gone)
    remove(gone, root)
    for place in arguments[2:]:
        Path(place).write_text("\n".join(sorted(os.path.relpath(file, site) for file in gone)))
    saved = {file: size for file in sorted(libraries) if (size := cut_sections(file))}
    linked = [size for group in groups for pair in group.links if (size := link(*pair))]
    for record in site.glob("*.dist-info/RECORD"):
        correct(record, gone, saved)
    less = (removed + sum(saved.values()) + sum(linked)) / 1e6
    print(f"{len(gone)} files removed, {len(saved)} shortened, {len(linked)} linked: {less:.1f} MB")


def lines_together(text: str) -> Iterator[list[str]]:
    """Give the lines of a list that go together, without comments."""
    for part in re.split(r"\n[ \t]*\n", text):
        lines = [one for line in part.splitlines() if (one := line.strip()) and one[0] != "#"]
        yield from [lines[1:]] if lines[:1] == [TOGETHER] else ([line] for line in lines)


class Together(Generic[File]):
    """Files that go or stay together, modules among them, and files whose imports do not count."""

    def __init__(
        self, files: Iterable[File], not_counting: Iterable[File], modules: Iterable[str]
    ) -> None:
        self.files, self.not_counting, self.modules = set(files), set(not_counting), set(modules)


class Group(Together[Path]):
    """Lines that go together, with libraries that are shortened, and pairs of equal files."""

    def __init__(self, lines: list[str], root: Path, site: Path) -> None:
        self.libraries: set[Path] = set()
        self.links: list[tuple[Path, Path]] = []
        super().__init__((), (), ())
        kinds = {SECTIONS: self.libraries, NOT_COUNTING: self.not_counting}
        for line in lines:
            word = next((word for word in (*kinds, LINK) if line.startswith(word)), "")
            path, _, equal = line[len(word) :].strip().partition(ARROW)
            if word == LINK:
                files = list(found(equal, root, site))
                self.links += [(one, file) for one in found(path, root, site) for file in files]
            else:
                kinds.get(word, self.files).update(found(path, root, site))
        python = [file for file in self.files if file.suffix == ".py" and site in file.parents]
        for file in python:
            compiled = f"{file.stem.replace('[', '[[]')}.*.pyc"
            self.files.update((file.parent / "__pycache__").glob(compiled))
        self.modules = {module(file.relative_to(site).as_posix()) for file in python}


def found(pattern: str, root: Path, site: Path) -> Iterator[Path]:
    """Give the files that a line means, none of them outside of the environment."""
    base = root if pattern.startswith("/") else site
    inner = pattern.strip("/").replace("[", "[[]")
    if not inner or ".." in inner.split("/"):
        raise SystemExit(f"not a path below the environment: {pattern}")
    for place in base.glob(inner):
        whole = os.walk(place) if pattern.endswith("/") else [(str(place.parent), [], [place.name])]
        for real in (Path(top).resolve() / name for top, _, names in whole for name in names):
            if root in real.parents and (real.is_file() or real.is_symlink()):
                yield real


def module(path: str) -> str:
    """Give the dotted name of a source file, from its path below site-packages."""
    parts = path[: -len(".py")].split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def removable(
    groups: Sequence[Together[File]],
    uses: Callable[
        [Sequence[Together[File]], set[File]], Iterable[tuple[Together[File], str, File]]
    ],
) -> tuple[set[File], dict[str, File]]:
    """Give the files of all groups that nothing which stays needs, and what is kept for whom."""
    kept: dict[str, File] = {}
    while True:
        gone = {file for group in groups for file in group.files}
        needed = list(uses(groups, gone))
        if not needed:
            return gone, kept
        kept.update((what, user) for _, what, user in needed)
        groups = [group for group in groups if not any(group is one for one, _, _ in needed)]


def uses_on_disk(
    groups: Sequence[Together[Path]], gone: set[Path], site: Path
) -> Iterator[tuple[Together[Path], str, Path]]:
    """Give what the files of an environment that stay need of the groups."""
    python = sorted(set(site.rglob("*.py")) - gone)
    sources = ((one, one.relative_to(site).as_posix(), one.read_bytes) for one in python)
    yield from uses_of_sources(groups, sources)
    libraries = (one for one in sorted(set(site.rglob("*.so*")) - gone) if one.is_file())
    yield from uses_of_libraries(groups, ((one, naming(one)) for one in libraries))


def naming(file: Path) -> Callable[[str], bool]:
    """Give what tells whether a shared library holds the name of another, without its version."""
    content = file.read_bytes()
    return lambda name: name.partition(".so")[0].encode() + b".so" in content


def uses_of_sources(
    groups: Sequence[Together[File]], sources: Iterable[tuple[File, str, Callable[[], bytes]]]
) -> Iterator[tuple[Together[File], str, File]]:
    """Give what sources, each with its path below site-packages, import, or name beside them."""
    files = ((str(file), group) for group in groups for file in group.files)
    data = {path: group for path, group in files if not path.endswith((".py", ".pyc", ".so"))}
    folders = {path.rpartition("/")[0] for path in data}
    owners = {name: group for group in groups for name in group.modules}
    # A statement that imports one of these modules holds the last part of one of their names.
    names = (name.rpartition(".") for name in owners)
    parts = {last.encode() for package, _, last in names if owner(package, owners) is None}
    for file, path, read in sources if owners or folders else ():
        folder = str(file).rpartition("/")[0]
        source = read() if owners or folder in folders else b""
        for quoted in QUOTED.findall(source) if folder in folders else ():
            group = data.get(f"{folder}/{quoted.decode()}")
            if group and file not in group.not_counting:
                yield group, quoted.decode(), file
        if not any(part in source for part in parts):
            continue
        own = module(path).split(".")
        package = own if path.endswith("__init__.py") else own[:-1]
        for match in IMPORT.finditer(source):
            for name in imported(match, package):
                group = owner(name, owners)
                if group and file not in group.not_counting and binding(source, match):
                    yield group, name, file


def uses_of_libraries(
    groups: Sequence[Together[File]], libraries: Iterable[tuple[File, Callable[[str], bool]]]
) -> Iterator[tuple[Together[File], str, File]]:
    """Give every shared library of a group that one which stays names, to load it."""
    names = ((str(file).rpartition("/")[2], each) for each in groups for file in each.files)
    leaving = [named for named in names if ".so" in named[0]]
    for file, holds in libraries if leaving else ():
        for name, group in leaving:
            if holds(name):
                yield group, name, file


def imported(match: re.Match[bytes], package: list[str]) -> list[str]:
    """Give the absolute names that an import statement may load."""
    _, origin, names, modules = match.groups()
    if modules is not None:
        return words(modules)
    dots = len(origin) - len(origin.lstrip(b"."))
    base = package[: len(package) - dots + 1] if dots else []
    base = [*base, *filter(None, origin.lstrip(b".").decode().split("."))]
    return [".".join(base), *(".".join([*base, word]) for word in words(names))]


def words(names: bytes) -> list[str]:
    """Give the names of a list of ``name as other``."""
    found = (WORD.match(part.strip(b" \t\r\n\\")) for part in names.strip(b"() \t\r\n").split(b","))
    return [match[0].decode() for match in found if match]


def owner(name: str, owners: dict[str, Together[File]]) -> Together[File] | None:
    """Give the group of a module, or of a package that it lies in."""
    while name and name not in owners:
        name = name.rpartition(".")[0]
    return owners.get(name)


def binding(source: bytes, match: re.Match[bytes]) -> bool:
    """Whether an import has to succeed; in case of doubt it has."""
    line = source.count(b"\n", 0, match.end(1)) + 1
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return True
    kinds = (ast.Import, ast.ImportFrom)
    found = any(isinstance(one, kinds) and one.lineno == line for one in nodes)  # not in a text
    return found and not any(escapes(node, line) for node in nodes)


def escapes(node: ast.AST, line: int) -> bool:
    """Whether a statement around a line says that the program goes on without it."""
    kinds = (ast.Try, ast.If)
    if not isinstance(node, kinds) or not node.lineno <= line <= (node.body[-1].end_lineno or 0):
        return False
    if isinstance(node, ast.If):
        return any(name in ast.dump(node.test) for name in ("TYPE_CHECKING", "__main__"))
    caught = " ".join(ast.dump(one.type) if one.type else "'*'" for one in node.handlers)
    return bool(re.search(r"'(ImportError|ModuleNotFoundError|Exception|\*)'", caught))


def remove(files: set[Path], root: Path) -> None:
    """Remove files, and the folders that are empty then."""
    for file in files:
        file.unlink()
    for folder in sorted({parent for file in files for parent in file.parents}, reverse=True):
        if root in folder.parents and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def cut_sections(file: Path) -> int:
    """Cut what lies behind the last loaded byte of a shared library; gives the bytes saved.

    Only 64-bit little-endian ELF files that end with their section table: what a program has
    put behind it is its own. Qt looks its plugins' sections up by name, so they stay.
    """
    size = file.lstat().st_size
    with file.open("r+b") as stream:
        head = stream.read(64)
        if file.is_symlink() or head[:6] != ELF_64_LITTLE:
            return 0
        segments, sections = struct.unpack_from("<QQ", head, 32)
        width, count, section_width, section_count = struct.unpack_from("<HHHH", head, 54)
        stream.seek(segments)
        table = stream.read(width * count)
        spans = [struct.unpack_from("<Q16xQ", table, width * index + 8) for index in range(count)]
        end: int = max(64, segments + len(table), *(offset + length for offset, length in spans))
        stream.seek(end)
        whole = sections + section_width * section_count == size
        if not whole or end > sections or QT_SECTION in stream.read():
            return 0
        stream.seek(40)
        stream.write(bytes(8) + head[48:58] + bytes(6))
        stream.truncate(end)
    return size - end


def link(path: Path, file: Path) -> int:
    """Make a path another name of a file of one content, mode and owner; gives the bytes saved."""
    if any(one.is_symlink() or not one.is_file() for one in (path, file)):
        return 0
    old, new = path.stat(), file.stat()
    alike = (old.st_mode, old.st_uid, old.st_gid) == (new.st_mode, new.st_uid, new.st_gid)
    if not alike or os.path.samestat(old, new) or not filecmp.cmp(path, file, shallow=False):
        return 0
    place = path.with_name(f"{path.name}.link")
    os.link(file, place)
    place.replace(path)
    return old.st_size


def correct(record: Path, gone: set[Path], shortened: dict[Path, int]) -> None:
    """Take removed files out of a RECORD, and state shortened ones as they are now."""
    with record.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    kept = []
    for row in rows:
        file = Path(os.path.normpath(record.parent.parent / row[0]))
        if file in shortened:
            content = file.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            kept.append([row[0], f"sha256={digest.decode().rstrip('=')}", str(len(content))])
        elif file not in gone:
            kept.append(row)
    if kept != rows:
        with record.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(kept)


if __name__ == "__main__":
    sys.exit(__doc__) if len(sys.argv) not in {3, 4} else main(sys.argv[1:])
