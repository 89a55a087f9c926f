"""Folders that the application writes to and that the build puts something into."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from jettison.facts import Project
from jettison.lift.action import ActionKind
from jettison.lift.context import copied_from
from jettison.lift.stage import FinalStage
from jettison.project.commands import Directories, Permission, compile_bytecode
from jettison.project.dockerfile import Copy, Instruction
from jettison.values import Evidence

# Files that only keep a folder in version control.
PLACEHOLDERS = frozenset({".gitkeep", ".keep", ".gitignore", ".placeholder", ".empty"})
FILLING = (ActionKind.APPLICATION, ActionKind.OTHER)


def filled_folders(
    project: Project, stage: FinalStage, folders: Iterable[str], made: Collection[str]
) -> dict[str, Evidence]:
    """Those of the absolute ``folders`` that hold files of the image, each with what brings them.

    A volume over such a folder would keep the files of the first image when a new one comes.
    ``made`` are the folders that the user's own steps make: later ones may have filled them.
    """
    found: dict[str, Evidence] = {}
    for folder in folders:
        evidence = _copied(project, stage, folder)
        if evidence is None and folder in made:
            evidence = _prepared(stage, folder)
        if evidence is not None:
            found[folder] = evidence
    return found


def made_folders(stage: FinalStage) -> frozenset[str]:
    """The absolute folders that steps of the stage make or give an owner to."""
    return frozenset(
        stage.absolute(path, action.instruction)
        for action in stage.actions
        if isinstance(action.fact, Directories | Permission)
        for path in action.fact.paths
    )


def holds_files(project: Project, stage: FinalStage, folder: str) -> bool:
    """Whether the build copies files of the context into an absolute ``folder``."""
    return any(
        copied.stage is None
        and _has_files(project, copied, stage.absolute(copied.destination, item), folder)
        for item, copied in stage.all_copies
    )


def _copied(project: Project, stage: FinalStage, folder: str) -> Evidence | None:
    for item, copied in stage.all_copies:
        into = stage.absolute(copied.destination, item)
        if copied.stage is not None:
            filled = _within(into, folder) or (into != stage.folder and _within(folder, into))
        else:
            filled = _has_files(project, copied, into, folder)
        if filled:
            return _evidence(item, f"{folder} holds files of the image")
    return None


def _has_files(project: Project, copied: Copy, into: str, folder: str) -> bool:
    sources = copied_from(project, copied, into, folder)
    return any(
        posixpath.basename(path) not in PLACEHOLDERS
        for source in sources
        for path in project.files
        if source == "." or _within(path, source)
    )


def _prepared(stage: FinalStage, folder: str) -> Evidence | None:
    """A step of the application, which may have put something into the folder."""
    for action in stage.of_kind(*FILLING):
        if not compile_bytecode(action.command):
            what = f"`{' '.join(action.text.split())[:60]}`"
            return _evidence(action.instruction, f"{folder} may hold what {what} put there")
    return None


def _evidence(item: Instruction, message: str) -> Evidence:
    return Evidence(kind="folder", message=message, origin=item.origin)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
