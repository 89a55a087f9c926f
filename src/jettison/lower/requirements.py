"""Moves requirements out of production and marks those that nothing seems to use."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.changes import MarkUnused, MoveToDevelopment
from jettison.facts import Project
from jettison.lift.declared import production_files
from jettison.project.moves.move import development_file
from jettison.project.requirements import annotate, parse, split

MARK = "jettison: no use found"


def move_to_development(project: Project, change: MoveToDevelopment) -> Mapping[str, str]:
    """Split each production file that declares one of the requirements."""
    texts: dict[str, str] = {}
    for file in production_files(project):
        names = {line.name for line in file.requirements} & set(change.names)
        if names:
            path = development_file(file.file, project.texts)
            old = project.texts.get(path)
            existing = None if old is None else parse(old, file=path)
            texts[file.file], texts[path] = split(file, names, existing=existing)
    return texts


def mark_unused(project: Project, change: MarkUnused) -> Mapping[str, str]:
    """Put a comment behind each of the requirements."""
    marks = dict.fromkeys(change.names, MARK)
    return {
        file.file: annotate(file, marks)
        for file in production_files(project)
        if {line.name for line in file.requirements} & set(marks)
    }


def development_of(project: Project, path: str) -> str | None:
    """The development file that belongs to a requirements file, when the project has it.

    Both paths are relative to the build context.
    """
    found = development_file(project.in_context(path), project.texts)
    if found not in project.texts:
        return None
    return found.removeprefix(f"{project.context}/") if project.context else found
