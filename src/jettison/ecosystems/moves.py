"""One entry to the moves: which files of a project change, and how."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from jettison.ecosystems.finding import Kind
from jettison.ecosystems.pip import group_of, is_requirements_file, may_be_requirements_file
from jettison.ecosystems.pyproject_moves import (
    move_in_pipfile,
    move_in_pyproject,
    move_in_setup_cfg,
)

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
