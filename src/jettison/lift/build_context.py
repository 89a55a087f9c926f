"""Stages and files that feed the image, and what it takes to move them to another distribution."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.base_release import ALPINE, release_of
from jettison.catalogue.bases import SystemPackages
from jettison.catalogue.packaging import translated
from jettison.ecosystems.commands import GroupChange, PackageInstall, UserChange
from jettison.formats.dockerfile import (
    COPIES,
    Copy,
    Instruction,
    Stage,
    base_reference,
    copy,
    fed_by,
    mounts,
)
from jettison.lift import Project, brings_uv, python_tag
from jettison.lift.action import Action, ActionKind, LiftedRun, runs_in
from jettison.lift.stage import FinalStage, lifted_stage
from jettison.values import Evidence, Origin, in_one_line

PATTERN_CHARACTERS = frozenset("*?[")
# Steps that mean the same everywhere, or that have a counterpart.
ALIKE = frozenset(
    {ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.CLEANUP, ActionKind.PYTHON,
     ActionKind.ENVIRONMENT, ActionKind.LOCKED, ActionKind.SETTING, ActionKind.PERMISSION,
     ActionKind.FOLDER, ActionKind.APPLICATION}
)  # fmt: skip


def feeding_stages(stage: FinalStage) -> tuple[Stage, ...]:
    """The stages that the image is made from: the final one, its parents, and what they copy."""
    found = fed_by(stage.dockerfile, stage.stage, frozenset())
    return tuple(found[index] for index in sorted(found))


def bases_of(stage: FinalStage) -> Iterator[tuple[Stage, str]]:
    """The feeding stages that start from an official Python image of the present release."""
    for each in feeding_stages(stage):
        base = base_reference(each, stage.dockerfile)
        if python_tag(base) and release_of(base) == stage.release:
            yield each, base


def moving_stages(stage: FinalStage) -> Iterator[Stage]:
    """The feeding stages that stand on an official Python image of the present release.

    What comes from other images (static files, single programs) is copied as it is.
    """
    standing = {each.index for each, _ in bases_of(stage)}
    for each in feeding_stages(stage):
        parent = stage.dockerfile.stage_named(base_reference(each, stage.dockerfile))
        if each.index in standing or (parent and parent.index in standing):
            standing.add(each.index)
            yield each


def feeding_runs(stage: FinalStage) -> Iterator[LiftedRun]:
    """The RUN instructions of all feeding stages."""
    return _runs_of(feeding_stages(stage))


def runs_of(stage: FinalStage) -> Iterator[LiftedRun]:
    """The RUN instructions of all moving stages."""
    return _runs_of(moving_stages(stage))


def _runs_of(stages: Iterable[Stage]) -> Iterator[LiftedRun]:
    return runs_in(item for each in stages for item in each.instructions)


def installed_names(stage: FinalStage) -> Mapping[str, Origin]:
    """The packages that any moving stage installs, with the line of each."""
    found: dict[str, Origin] = {}
    for run in runs_of(stage):
        for action in run.actions:
            if isinstance(action.fact, PackageInstall):
                for request in action.fact.packages:
                    found.setdefault(request.name, request.origin)
    return found


def obstacles(stage: FinalStage, release: str) -> Iterator[Evidence]:
    """What nobody can translate: steps of another kind, scripts, packages without a name there."""
    for each in moving_stages(stage):
        for item in each.instructions:
            if item.keyword == "SHELL":
                yield _told("a step sets another shell", item.origin)
        if brings_uv(base_reference(each, stage.dockerfile)):
            yield _told("the base brings uv", each.origin)
    for run in runs_of(stage):
        if not run.editable and any(action.kind not in ALIKE for action in run.actions):
            yield _told("a step is a script of its own", run.instruction.origin)
        elif run.editable:
            yield from (_step(action) for action in run.actions if not _has_counterpart(action))
    for name, origin in installed_names(stage).items():
        if translated(name, release) is None:
            where = "Alpine" if release == ALPINE else f"Debian {release}"
            yield _told(f"what {name} is called on {where} is not known", origin)


def _has_counterpart(action: Action) -> bool:
    fact = action.fact
    if isinstance(fact, UserChange):
        return fact.action == "add" or _joins_groups(fact)
    if isinstance(fact, GroupChange):
        return fact.action == "add" and fact.member is None
    if isinstance(fact, PackageInstall):
        return fact.manager == "apt" and all(request.literal for request in fact.packages)
    return action.kind in ALIKE or _is_alike(action)


def _is_alike(action: Action) -> bool:
    """Whether a command is the same on every distribution: Python's, or one on plain files."""
    name = action.command.name.rpartition("/")[2]
    return name.startswith(("python", "pip")) or name in table(SystemPackages).files


def _joins_groups(fact: UserChange) -> bool:
    """Whether a user that exists becomes a member of groups, and nothing else."""
    others = (fact.uid, fact.group, fact.home, fact.shell)
    return bool(fact.groups) and not any(others)


def _step(action: Action) -> Evidence:
    message = f"a step has no known counterpart: {in_one_line(action.text, 60)}"
    return _told(message, action.origin)


def _told(message: str, origin: Origin) -> Evidence:
    return Evidence.of("step", message, origin)


def context_path(project: Project, stage: FinalStage, step: Instruction, path: str) -> str | None:
    """The file behind ``path`` as ``step`` of ``stage`` means it; None when it is no such file.

    What was copied last counts; mounts of the step itself lie over it. A file that another stage
    of the file hands on as it got it is that file.
    """
    wanted = stage.absolute(path, step)
    for source, target in (*_mounted(stage, step), *_copied(project, stage, step)):
        found = _behind(project, wanted, source, target)
        if found is not None:
            return found
    for giving, inner in handed_on(project, stage, step, wanted):
        name = posixpath.basename(inner)
        steps = (action for action in giving.actions if action.kind is not ActionKind.PYTHON)
        if not any(name in action.text for action in steps):
            return context_path(project, giving, step, inner)
    return None


def handed_on(
    project: Project, stage: FinalStage, step: Instruction, wanted: str
) -> Iterator[tuple[FinalStage, str]]:
    """The stages that a path may come from by COPY --from, with what it is called there."""
    for item, copied in reversed(stage.all_copies):
        source = stage.dockerfile.stage_named(copied.stage) if copied.stage else None
        if source is None or item.origin.at > step.origin.at:
            continue
        giving = lifted_stage(project, source)
        into = stage.absolute(copied.destination, item)
        for path in copied.sources:
            origin = posixpath.normpath(posixpath.join("/", stage.expanded(path)))
            for target in (into, posixpath.join(into, posixpath.basename(origin))):
                found = _source_of(wanted, origin, target)
                if found is not None:
                    yield giving, found


def list_from(
    project: Project, stage: FinalStage, step: Instruction, path: str
) -> Instruction | None:
    """The COPY that brings nothing but a list of requirements which another stage makes."""
    wanted = stage.absolute(path, step)
    if not any(handed_on(project, stage, step, wanted)):
        return None
    for item, copied in reversed(stage.copies):
        into = stage.absolute(copied.destination, item)
        names = {posixpath.basename(source) for source in copied.sources}
        lists = all(name.endswith((".txt", ".in", ".lock")) for name in names)
        brought = {into, *(posixpath.join(into, name) for name in names)}
        if copied.stage and lists and wanted in brought:
            return item
    return None


def copied_to(project: Project, stage: FinalStage, path: str) -> str | None:
    """The file of the context that the image has at an absolute path; None when there is none."""
    return next((one for one in sources_of(project, stage, path) if one in project.files), None)


def sources_of(project: Project, stage: FinalStage, path: str) -> Iterator[str]:
    """What the image may have of the context at an absolute path, the last copied first."""
    places = (_source_of(path, source, target) for source, target in _copied(project, stage))
    return (source for source in places if source is not None)


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


def _copied(
    project: Project, stage: FinalStage, step: Instruction | None = None
) -> Iterator[tuple[str, str]]:
    """Files and folders that were copied (before a step), the last first, with their targets."""
    for item, copied in reversed(stage.all_copies):
        before = step is None or item.origin.at < step.origin.at
        if copied.stage is None and before:
            into = stage.absolute(copied.destination, item)
            for source in copied.sources:
                yield from _places(project, copied, posixpath.normpath(source.lstrip("/")), into)


def _places(project: Project, copied: Copy, source: str, into: str) -> Iterator[tuple[str, str]]:
    """Where a source of a COPY ends up: the content of a folder, a file by its name or another."""
    if PATTERN_CHARACTERS & set(source):
        for path in _matching(project, source):
            file = posixpath.join(into, posixpath.basename(path))
            yield path, into if _is_folder(project, path) else file
        return
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


def _matching(project: Project, pattern: str) -> tuple[str, ...]:
    """The files and folders that a pattern of COPY means; no ``*`` reaches below a folder."""
    parts = pattern.split("/")
    paths = (path.split("/")[: len(parts)] for path in project.files)
    alike = (
        path for path in paths if len(path) == len(parts) and all(map(fnmatchcase, path, parts))
    )
    return tuple(dict.fromkeys(map("/".join, alike)))


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
    if source == "." or source in project.files:
        return source == "."
    return any(path.startswith(f"{source}/") for path in project.files)


def may_read(
    project: Project, here: Instruction, path: str, makes: Callable[[Instruction], Collection[str]]
) -> bool:
    """Whether a file of the context may be there when a RUN is executed; yes in case of doubt.

    ``makes`` names files that a RUN makes itself.
    """
    inner = posixpath.relpath(path, project.context or ".")
    for stage in project.dockerfile.stages:
        for item in stage.instructions:
            if item.origin.at > here.origin.at:
                return False
            sources: tuple[str | None, ...] = ()
            if item.keyword in COPIES and copy(item).stage is None:
                sources = copy(item).sources
            elif item.origin == here.origin:
                sources = tuple(one.source for one in mounts(item) if one.type == "bind")
            if any(_covers(source or ".", inner) for source in sources):
                return True
            if item.keyword == "RUN" and posixpath.basename(path) in makes(item):
                return True
    return False


def _covers(source: str, path: str) -> bool:
    """Whether a source of COPY is a file, or a folder that it lies in."""
    plain = posixpath.normpath(source.lstrip("/") or ".")
    parts = path.split("/")
    above = ("/".join(parts[: number + 1]) for number in range(len(parts)))
    return "$" in source or plain == "." or any(fnmatchcase(part, plain) for part in above)
