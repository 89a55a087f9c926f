"""Find what a project declares and locks, and which files a move changes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import RequirementFiles
from jettison.ecosystems import TOOLS, pyproject
from jettison.ecosystems.declaration import MAIN, Declaration, Group, Kind
from jettison.ecosystems.pipenv import parse_pipfile
from jettison.ecosystems.pyproject_moves import (
    move_in_pipfile,
    move_in_pyproject,
    move_in_setup_cfg,
)
from jettison.ecosystems.setuptools import parse_setup_cfg, parse_setup_py, requirement_files
from jettison.ecosystems.tool import Lock
from jettison.ecosystems.tool import parse as pylock_parse
from jettison.formats.requirements import RequirementsFile, parse

_FILE = re.compile(
    r"(^|/)([\w.-]*requirements?[\w.-]*\.(txt|in)|requirements/([\w.-]+/)?[\w.-]+\.(txt|in))$", re.I
)
_WORD = re.compile(r"[a-z]+")


def is_requirements_file(file: str) -> bool:
    """Whether a file's path says that it is a requirements file."""
    return bool(_FILE.search(file))


def may_be_requirements_file(file: str) -> bool:
    """Whether a file could be one, by the words of its name: ``development.txt``."""
    stem, ending = posixpath.splitext(file)
    known = table(RequirementFiles)
    words = _WORD.findall(stem.lower())
    return ending in (".txt", ".in") and all(
        word in known.development or word in known.main for word in words
    )


def group_of(file: str) -> Group:
    """Whom a requirements file is for, by its name (and its folder's, for ``dev/…``)."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder = posixpath.basename(posixpath.dirname(file))
    known = table(RequirementFiles)
    words = _WORD.findall(f"{folder} {stem}".lower())
    for word in words:
        if word in known.development:
            return Group(kind=Kind.GROUP, name=word)
    named = [word for word in _WORD.findall(stem.lower()) if word not in known.main]
    return Group(kind=Kind.OPTIONAL, name="-".join(named)) if named else MAIN


def declared(file: RequirementsFile, group: Group) -> Iterator[Declaration]:
    """Yield the file's requirements, those without a known name omitted."""
    for line in file.requirements:
        if line.name:
            yield Declaration(
                name=line.name,
                specifier=line.specifier,
                extras=line.extras,
                marker=line.marker,
                url=line.url or line.path,
                group=group.name,
                kind=group.kind,
                origin=line.origin,
                comment=line.comment,
                above=line.above,
                section=line.section,
                via=line.via,
            )


def declared_in(path: str, text: str, *, group: Group = MAIN) -> Iterable[Declaration]:
    """Return what a file declares; raises InputSyntaxError with the line when it is not valid.

    ``group`` is whom a requirements file is for whose name does not tell.
    """
    match posixpath.basename(path):
        case "pyproject.toml":
            return pyproject.parse(text, file=path)
        case "setup.cfg":
            return parse_setup_cfg(text, file=path)
        case "setup.py":
            return parse_setup_py(text, file=path).declarations
        case "Pipfile":
            return parse_pipfile(text, file=path)
        case name if name.endswith(".toml"):
            return ()  # a lock, which says what is installed and declares nothing
    own = group_of(path) if is_requirements_file(path) else group
    return declared(parse(text, file=path), own)


def named_files(path: str, text: str) -> tuple[str, ...]:
    """Return the requirements files that a declaring file says its dependencies are in."""
    match posixpath.basename(path):
        case "pyproject.toml":
            return pyproject.requirement_files(text, file=path)
        case "setup.cfg":
            return requirement_files(text, file=path)
    return parse_setup_py(text, file=path).requirement_files


_PYLOCK = re.compile(r"^pylock(\.[^.]+)?\.toml$")
_BY_NAME = {tool.lock: tool.read_lock for tool in TOOLS.values() if tool.lock}


def parse_lock(text: str, *, file: str) -> Lock:
    """Read a lockfile by its name; a name that no tool gives one is a lock that holds nothing.

    Raises InputSyntaxError with the line for a file that is not valid.
    """
    name = posixpath.basename(file)
    parse = pylock_parse if _PYLOCK.match(name) else _BY_NAME.get(name)
    return parse(text, file=file) if parse else Lock(distributions=())


_DEVELOPMENT = ("dev", "develop", "development")
MOVES = {
    "pyproject.toml": move_in_pyproject,
    "Pipfile": move_in_pipfile,
    "setup.cfg": move_in_setup_cfg,
}


def development_file(file: str, listing: Collection[str]) -> str:
    """Return the path of the development file that belongs to a requirements file.

    That is one of the same folder and ending that is named for development, else a new name:
    ``requirements-dev.txt``, or ``dev.txt`` in a folder ``requirements``.
    """
    folder, name = posixpath.split(file)
    stem, ending = posixpath.splitext(name)
    for other in sorted(listing):
        if (
            posixpath.dirname(other) == folder
            and other.endswith(ending)
            and (is_requirements_file(other) or may_be_requirements_file(posixpath.basename(other)))
        ):
            group = group_of(other)
            if group.kind is Kind.GROUP and group.name in _DEVELOPMENT:
                return other
    inside = posixpath.basename(folder) == "requirements"
    return posixpath.join(folder, f"dev{ending}" if inside else f"{stem}-dev{ending}")
