"""One entry to the moves: which files of a project change, and how."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping

from jettison.errors import UnsupportedError
from jettison.project.declarations import Declaration, Kind, declarations
from jettison.project.moves import pipfile, pyproject, setup_cfg
from jettison.project.requirements import parse, split
from jettison.values import Origin

_MOVES = {
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
    for file in dict.fromkeys(one.origin.file for one in moving):
        text = read(file) or ""
        move = _MOVES.get(posixpath.basename(file))
        if move is not None:
            changed[file] = move(text, names, file=file)
        elif file.endswith((".txt", ".in")):
            changed |= _split(read, file, text, names)
        else:
            raise _unsupported(moving, file)
    return {file: text for file, text in changed.items() if text != read(file)}


def development_file(file: str) -> str:
    """Return the path of the development file beside a requirements file."""
    folder, name = posixpath.split(file)
    stem, ending = posixpath.splitext(name)
    inside = posixpath.basename(folder) == "requirements"
    return posixpath.join(folder, f"dev{ending}" if inside else f"{stem}-dev{ending}")


def _split(
    read: Callable[[str], str | None], file: str, text: str, names: Collection[str]
) -> Mapping[str, str]:
    other = development_file(file)
    written = read(other)
    existing = None if written is None else parse(written, file=other)
    production, development = split(parse(text, file=file), names, existing=existing)
    return {file: production, other: development}


def _unsupported(moving: Collection[Declaration], file: str) -> UnsupportedError:
    first = next(one for one in moving if one.origin.file == file)
    return UnsupportedError(
        f"requirements cannot be moved within {file}",
        why="the file is a program or has no place for development requirements",
        hint="Move them to a requirements file or to pyproject.toml.",
        origin=first.origin if first else Origin(file=file),
    )
