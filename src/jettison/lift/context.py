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


def copied_to(project: Project, stage: FinalStage, path: str) -> str | None:
    """The file of the context that the image has at an absolute path; None when there is none."""
    for item, copied in reversed(stage.all_copies):
        if copied.stage is None:
            into = stage.absolute(copied.destination, item)
            for source in copied.sources:
                base = posixpath.normpath(source.lstrip("/"))
                for origin, target in _places(project, copied, base, into):
                    found = _source_of(path, origin, target)
                    if found in project.files:
                        return found
    return None


def copied_from(project: Project, copied: Copy, into: str, folder: str) -> Iterator[str]:
    """The paths of the context that one COPY puts at or below an absolute ``folder``."""
    for source in copied.sources:
        base = posixpath.normpath(source.lstrip("/"))
        for origin, target in _places(project, copied, base, into):
            found = _source_of(folder, origin, target)
            if found is not None:
                yield found
            elif target.startswith(f"{folder.rstrip('/')}/"):
                yield origin


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
    found = _source_of(wanted, source, target)
    return found if found and project.in_context(found) in project.texts else None


def _source_of(wanted: str, source: str, target: str) -> str | None:
    """The path behind ``wanted`` when ``source`` was put at ``target``."""
    if wanted == target:
        return source
    if wanted.startswith(f"{target.rstrip('/')}/"):
        return posixpath.normpath(posixpath.join(source, posixpath.relpath(wanted, target)))
    return None


def _is_folder(project: Project, source: str) -> bool:
    return source == "." or any(path.startswith(f"{source}/") for path in project.files)
