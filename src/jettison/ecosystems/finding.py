"""Find what a project declares and locks, and which files a move changes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable

from jettison.ecosystems import TOOLS, pyproject
from jettison.ecosystems.declaration import MAIN, Declaration, Group, Kind
from jettison.ecosystems.pip import (
    declared,
    group_of,
    is_requirements_file,
    may_be_requirements_file,
)
from jettison.ecosystems.pipenv import parse_pipfile
from jettison.ecosystems.pyproject_moves import (
    move_in_pipfile,
    move_in_pyproject,
    move_in_setup_cfg,
)
from jettison.ecosystems.setuptools import parse_setup_cfg, parse_setup_py, requirement_files
from jettison.ecosystems.tool import Lock
from jettison.ecosystems.tool import parse as pylock_parse
from jettison.formats.requirements import parse


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
