"""Files of the build context: behind a step's path, and copied by other images."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile import Copy, Instruction, Stage, copy, mounts, parse
from jettison.lift.distribution import feeding_stages
from jettison.lift.project import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.source.operations import Use, is_dockerfile, use_of_file
from jettison.source.operations_images import is_for_development


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


def copied_elsewhere(project: Project) -> tuple[str, ...]:
    """The paths of the context that stages of other images name in COPY and ADD."""
    found = (source for stage, _ in _others(project) for source in _sources(stage))
    return tuple(dict.fromkeys(found))


def runs_tests_elsewhere(project: Project) -> bool:
    """Whether an image for development or tests takes the whole context, and so its tests."""
    return any(
        development and any(posixpath.normpath(source) == "." for source in _sources(stage))
        for stage, development in _others(project)
    )


def _others(project: Project) -> Iterator[tuple[Stage, bool]]:
    """The stages of other images, and whether each is for development by its name."""
    own = {stage.index for stage in feeding_stages(lifted(project))}
    for stage in project.dockerfile.stages:
        if stage.index not in own:
            yield stage, is_for_development(stage.name or "")
    beside = posixpath.dirname(project.dockerfile_path)
    for path, text in project.texts.items():
        if path == project.dockerfile_path or posixpath.dirname(path) != beside:
            continue
        if is_dockerfile(path):
            development = use_of_file(path) is Use.DEVELOPMENT
            try:
                stages = parse(text, file=path).stages
            except InputSyntaxError:
                continue
            yield from ((stage, development) for stage in stages)


def _sources(stage: Stage) -> Iterator[str]:
    for item in stage.instructions:
        if item.keyword in ("COPY", "ADD") and copy(item).stage is None:
            yield from copy(item).sources
