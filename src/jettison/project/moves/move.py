"""One entry to the moves: which files of a project change, and how."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping

from jettison.errors import UnsupportedError
from jettison.project.declarations import Declaration, Kind, declarations
from jettison.project.declarations.requirement_files import (
    group_of,
    is_requirements_file,
    may_be_requirements_file,
)
from jettison.project.moves import pipfile, pyproject, setup_cfg
from jettison.project.requirements import parse, split
from jettison.values import Origin

_DEVELOPMENT = ("dev", "develop", "development")
MOVES = {
    "pyproject.toml": pyproject.move_to_development,
    "Pipfile": pipfile.move_to_development,
    "setup.cfg": setup_cfg.move_to_development,
}


def move_to_development(
    read: Callable[[str], str | None],
    listing: Collection[str],
    names: Collection[str],
    *,
    folder: str = "",
) -> Mapping[str, str]:
    """Return the new texts of the files that change when main requirements become development.

    ``read``, ``listing`` and ``folder`` are as for ``declarations``; ``names`` are normalized.
    Every file that declares one as main is changed in its own way; requirements files are split in
    two. Raises UnsupportedError for a format that is not edited (setup.py, conda).
    """
    found = declarations(read, listing, folder=folder).declarations
    moving = [one for one in found if one.kind is Kind.MAIN and one.name in names]
    changed: dict[str, str] = {}

    def latest(path: str) -> str | None:
        return changed.get(path, read(path))

    for file in dict.fromkeys(one.origin.file for one in moving):
        move = MOVES.get(posixpath.basename(file))
        if move is not None:
            changed[file] = move(latest(file) or "", names, file=file)
        elif file.endswith((".txt", ".in")):
            changed |= _split(latest, file, development_file(file, {*listing, *changed}), names)
        else:
            raise _unsupported(moving, file)
    return {file: text for file, text in changed.items() if text != read(file)}


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


def _split(
    read: Callable[[str], str | None], file: str, other: str, names: Collection[str]
) -> Mapping[str, str]:
    written = read(other)
    existing = None if written is None else parse(written, file=other)
    production, development = split(parse(read(file) or "", file=file), names, existing=existing)
    return {file: production, other: development}


def _unsupported(moving: Collection[Declaration], file: str) -> UnsupportedError:
    first = next(one for one in moving if one.origin.file == file)
    return UnsupportedError(
        f"requirements cannot be moved within {file}",
        why="the file is a program or has no place for development requirements",
        hint="Move them to a requirements file or to pyproject.toml.",
        origin=first.origin if first else Origin(file=file),
    )
