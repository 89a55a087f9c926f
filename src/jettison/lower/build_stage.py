"""Splits the final stage: the environment is made in a stage of its own and copied from there."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Iterator

from jettison.ecosystems.commands import removal
from jettison.formats.dockerfile import Instruction, copy
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import without
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.installation import Installation, NotMovable, copies_of_requirements
from jettison.lift.locked import LockedInstallation, movable
from jettison.lift.project import Project
from jettison.lift.stage import FinalStage
from jettison.lower.instructions import WIDTH, Edits, comment, edited, ended, line_of
from jettison.lower.locked_stage import (
    base_text,
    copies_of,
    free_name,
    installer_variables,
    package_comments,
    split_locked,
)
from jettison.lower.packages import install_text
from jettison.plan.changes import SplitBuildStage


def split_build_stage(project: Project, stage: FinalStage, change: SplitBuildStage) -> str:
    """Give the Dockerfile with a build stage in front of the final one."""
    found = movable(project, stage)
    if isinstance(found, NotMovable):
        return project.dockerfile.text
    name = free_name(project)
    if isinstance(found, LockedInstallation):
        return split_locked(name, stage, found, change)
    start = stage.stage.instructions[0]
    edits = Edits(
        before={
            line_of(start): _build_stage(name, stage, found, change) + "\n",
            line_of(_environment_anchor(stage, found)): _copy_environment(name, change),
        },
        replaced=_removed(stage, found),
    )
    return edited(project.dockerfile, edits)


def _build_stage(name: str, stage: FinalStage, found: Installation, change: SplitBuildStage) -> str:
    parts = [
        comment("The environment is made here; compilers, headers and installers stay here too."),
        f"FROM {base_text(stage)} AS {name}\n",
        *installer_variables(stage, " ".join((*found.options, *found.requirements))),
    ]
    if change.build_packages:
        parts += [
            "\n",
            package_comments(stage, change.build_packages),
            install_text(change.build_packages, stage),
        ]
    parts += [
        "\n",
        f"ENV VIRTUAL_ENV={change.environment} UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy\n",
        f"RUN pip install --no-cache-dir uv=={change.uv} && uv venv {change.environment}\n",
        *_requirements(found),
        _installation(found),
    ]
    return "".join(ended(part) if part != "\n" else part for part in parts if part)


def _installation(found: Installation) -> str:
    """The RUN that installs, with its words on lines of their own where one is not enough."""
    head = "RUN --mount=type=cache,target=/root/.cache/uv"
    words = list(_words(found))
    line = f"{head} uv pip install {' '.join(words)}\n"
    if len(line) <= WIDTH:
        return line
    listed = "".join(f" \\\n        {word}" for word in words)
    return f"{head} \\\n    uv pip install{listed}\n"


def _words(found: Installation) -> Iterable[str]:
    yield from found.options
    for path in found.constraint_files:
        yield f"-c {path}"
    for path in found.requirement_files:
        yield f"-r {path}"
    yield from (shlex.quote(word) for word in found.requirements)


def _requirements(found: Installation) -> list[str]:
    """What brings the files that the installation reads, when it reads any."""
    if not found.files:
        return []
    text = "Requirements before the source: a change of code does not install them again."
    return ["WORKDIR /build\n", "\n", comment(text), *copies_of(found.files)]


def _environment_anchor(stage: FinalStage, found: Installation) -> Instruction:
    """The instruction before which the environment arrives: the first copy, or the installation."""
    lines = [line_of(action.instruction) for action in found.actions]
    lines += [line_of(item) for item, copied in stage.copies if copied.stage is None]
    return next(item for item in stage.instructions if line_of(item) == min(lines))


def _copy_environment(name: str, change: SplitBuildStage) -> str:
    return (
        f"COPY --from={name} {change.environment} {change.environment}\n"
        f"ENV PATH={change.environment}/bin:$PATH\n\n"
    )


def _removed(stage: FinalStage, found: Installation) -> dict[int, str]:
    """What leaves the final stage: the installation and the files that only it reads."""
    copies = copies_of_requirements(stage, found)
    gone = frozenset(path for item in copies for path in _targets(stage, item))
    replaced = {line_of(item): "" for item in copies}
    for run in stage.runs:
        text = _without_installation(stage, run, gone)
        if text is not None:
            replaced[line_of(run.instruction)] = text
    return replaced


def _targets(stage: FinalStage, item: Instruction) -> Iterator[str]:
    """The paths in the image that a copied file may have."""
    copied = copy(item)
    into = stage.absolute(copied.destination, item)
    yield into
    for source in copied.sources:
        yield posixpath.join(into, posixpath.basename(source))


def _without_installation(stage: FinalStage, run: LiftedRun, gone: frozenset[str]) -> str | None:
    """The RUN without its pip commands, and what removes files that are gone; None without any."""
    commands = [
        action.command
        for action in run.actions
        if action.kind is ActionKind.PYTHON or _removes(stage, action, gone)
    ]
    if not commands or not run.editable:
        return None
    source = without(run.script, commands)
    return "" if source is None else with_script(run.instruction, source)


def _removes(stage: FinalStage, action: Action, gone: frozenset[str]) -> bool:
    removed = removal(action.command)
    paths = removed.paths if removed else ()
    return bool(paths) and {stage.absolute(path, action.instruction) for path in paths} <= gone
