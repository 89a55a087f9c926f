"""Moves requirements out of production and marks those that nothing seems to use."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from msgspec.structs import replace

from jettison.changes import MarkUnused, MoveToDevelopment
from jettison.facts import Project
from jettison.lift.declared import installed_declarations, movable_files, production_files
from jettison.project.declarations import Kind
from jettison.project.moves.move import MOVES, development_file
from jettison.project.requirements import annotate, parse, split

MARK = "jettison: no use found"
HELD = "jettison: the release that a moved requirement allowed"


def move_to_development(project: Project, change: MoveToDevelopment) -> Mapping[str, str]:
    """Split each requirements file that declares one; others keep it in a place for development."""
    texts: dict[str, str] = {}
    for path in own_files(project):
        move = MOVES.get(posixpath.basename(path))
        if move is not None:
            texts[path] = move(project.texts[path], change.names, file=path)
    for file in movable_files(project):
        names = {line.name for line in file.requirements} & set(change.names)
        if names:
            path = development_file(file.file, project.texts)
            old = project.texts.get(path)
            existing = None if old is None else parse(old, file=path)
            kept, texts[path] = split(file, names, existing=existing)
            texts[file.file] = _held(kept, change.held)
            change = replace(change, held=())
    return texts


def _held(text: str, lines: tuple[str, ...]) -> str:
    """Add requirements that keep the versions of what stays."""
    newline = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"{line}  # {HELD}{newline}" for line in lines)
    return f"{text.rstrip()}{newline}{added}" if added else text


def own_files(project: Project) -> tuple[str, ...]:
    """The files beside requirements files that declare what the image ships in its main list."""
    paths = {
        one.declaration.origin.file: None
        for one in installed_declarations(project)
        if one.shipped and one.declaration.kind is Kind.MAIN
    }
    listed = {file.file for file in production_files(project)}
    return tuple(path for path in paths if path not in listed)


def mark_unused(project: Project, change: MarkUnused) -> Mapping[str, str]:
    """Put a comment behind each of the requirements."""
    marks = dict.fromkeys(change.names, MARK)
    return {
        file.file: annotate(file, marks)
        for file in movable_files(project)
        if {line.name for line in file.requirements} & set(marks)
    }


def development_of(project: Project, path: str) -> str | None:
    """The development file that belongs to a requirements file, when the project has it.

    Both paths are relative to the build context.
    """
    whole = project.in_context(path)
    found = development_file(whole, project.texts)
    if whole not in project.texts or found not in project.texts:
        return None
    return found.removeprefix(f"{project.context}/") if project.context else found
