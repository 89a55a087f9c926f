"""What one file of a project declares, in its own format."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from jettison.ecosystems import pyproject
from jettison.ecosystems.declaration import MAIN, Declaration, Group
from jettison.ecosystems.pip import declared, group_of, is_requirements_file
from jettison.ecosystems.pipenv import parse_pipfile
from jettison.ecosystems.setuptools import parse_setup_cfg, parse_setup_py, requirement_files
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
