"""Which file of the build context stands behind a path that a step of a stage names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.facts import Project
from jettison.lift.stage import FinalStage
from jettison.project.dockerfile import Copy, Instruction, mounts


def context_path(project: Project, stage: FinalStage, step: Instruction, path: str) -> str | None:
    """The file behind ``path`` as ``step`` of ``stage`` means it; None when it is no such file.

    What was copied last counts; mounts of the step itself lie over it.
    """
    wanted = stage.absolute(path, step)
    for source, target in (*_mounted(stage, step), *_copied(project, stage, step)):
        found = _behind(project, wanted, source, target)
        if found is not None:
            return found
    return None


def _mounted(stage: FinalStage, step: Instruction) -> Iterator[tuple[str, str]]:
    """Files and folders of the context that a RUN mounts, with their targets."""
    for mount in mounts(step) if step.keyword == "RUN" else ():
        if mount.type == "bind" and mount.from_ is None and mount.target:
            source = posixpath.normpath((mount.source or ".").lstrip("/"))
            yield source, stage.absolute(mount.target, step)


def _copied(project: Project, stage: FinalStage, step: Instruction) -> Iterator[tuple[str, str]]:
    """Files and folders that were copied before a step, the last first, with their targets."""
    for item, copied in reversed(stage.all_copies):
        before = (item.origin.line or 0) < (step.origin.line or 0)
        if copied.stage is None and before:
            into = stage.absolute(copied.destination, item)
            for source in copied.sources:
                yield from _places(project, copied, posixpath.normpath(source.lstrip("/")), into)


def _places(project: Project, copied: Copy, source: str, into: str) -> Iterator[tuple[str, str]]:
    """Where a source of a COPY ends up: the content of a folder, a file by its name or another."""
    if _is_folder(project, source):
        yield source, into
        return
    folder = copied.destination.endswith(("/", "/.")) or copied.destination in (".", "..")
    name = posixpath.basename(source)
    if folder or len(copied.sources) > 1:
        yield source, posixpath.join(into, name)
    else:
        yield source, into
        yield source, posixpath.join(into, name)


def _behind(project: Project, wanted: str, source: str, target: str) -> str | None:
    if wanted == target:
        found = source
    elif wanted.startswith(f"{target.rstrip('/')}/"):
        found = posixpath.normpath(posixpath.join(source, posixpath.relpath(wanted, target)))
    else:
        return None
    return found if project.in_context(found) in project.texts else None


def _is_folder(project: Project, source: str) -> bool:
    return source == "." or any(path.startswith(f"{source}/") for path in project.files)
