"""Moves requirements out of production and marks those that nothing seems to use."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from jettison.changes import MarkUnused, MoveToDevelopment
from jettison.facts import Project
from jettison.lift.declared import production_files
from jettison.project.requirements import annotate, parse, split

MARK = "jettison: no use found"


def move_to_development(project: Project, change: MoveToDevelopment) -> Mapping[str, str]:
    """Split each production file that declares one of the requirements."""
    texts: dict[str, str] = {}
    for file in production_files(project):
        names = {line.name for line in file.requirements} & set(change.names)
        if names:
            path = development_path(file.file)
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


def development_path(path: str) -> str:
    """The development file beside a production file: ``requirements-dev.txt``."""
    folder, name = posixpath.split(path)
    stem, extension = posixpath.splitext(name)
    new = (
        f"dev{extension}"
        if posixpath.basename(folder) == "requirements"
        else f"{stem}-dev{extension}"
    )
    return posixpath.join(folder, new)
