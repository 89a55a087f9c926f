"""Which stage makes the Python environment of the image, and where files can be taken out of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.ecosystems.commands import PipInstall, VirtualEnvironment
from jettison.formats.dockerfile import Instruction, Stage, expand, final_environment
from jettison.formats.dockerfile import user as user_of
from jettison.formats.dockerfile import workdir as folder_of
from jettison.lift.action import ActionKind, lifted_run
from jettison.lift.project import Project
from jettison.lift.stage import ROOT_NAMES, FinalStage
from jettison.values import Evidence, Origin

SITE_PACKAGES = re.compile(r"(/.+)/lib/python3(?:\.\d+)?(?:/(?:site|dist)-packages)?")
USER_SITE = "/root/.local"
INSTALLING = (ActionKind.PYTHON, ActionKind.LOCKED, ActionKind.ENVIRONMENT)


class BuiltEnvironment(Struct, frozen=True, kw_only=True):
    """A Python environment that one stage makes and the final stage copies.

    ``path`` is the environment in the building stage; ``virtual`` says that it is a virtual
    environment, with an interpreter of its own; ``seeded`` that its maker puts pip into it.
    ``last`` is the last instruction of the stage, ``copied`` the one that copies the environment.
    """

    stage: Stage
    path: str
    virtual: bool
    seeded: bool
    last: Instruction
    copied: Instruction


class NotApart(Struct, frozen=True, kw_only=True):
    """Why files cannot be taken out of the environment."""

    evidence: Evidence


def environment_of(project: Project, stage: FinalStage) -> BuiltEnvironment | NotApart:
    """Find the environment that the final stage copies from another stage of the same file.

    A file that one layer brings cannot leave in a later one: taking out works only where the
    environment is copied afterwards.
    """
    found = next(_copied(project, stage), None)
    if found is None:
        message = "the environment is not copied from a build stage, so its layer keeps every file"
        return _not_apart(message, _installation(stage) or stage.stage.origin)
    users = [item for item in found.stage.instructions if item.keyword == "USER"]
    if users and user_of(users[-1]).partition(":")[0] not in ROOT_NAMES:
        return _not_apart("the build stage does not end as root", users[-1].origin)
    others = [
        item for item in project.dockerfile.stages if item.base.lower() == (found.stage.name or "")
    ]
    if others:
        return _not_apart("another stage starts from the build stage", others[0].origin)
    return found


def _copied(project: Project, stage: FinalStage) -> Iterator[BuiltEnvironment]:
    for item, copied in stage.copies:
        source = project.dockerfile.stage_named(copied.stage) if copied.stage else None
        if source is None or source.index >= stage.stage.index:
            continue
        for path in copied.sources:
            found = _environment(project, source, stage.expanded(path), item)
            if found is not None:
                yield found


def _environment(
    project: Project, stage: Stage, copied: str, item: Instruction
) -> BuiltEnvironment | None:
    """The environment that a path of a stage is, or holds."""
    made: dict[str, bool] = {}
    for made_path, seeded in _virtual_environments(project, stage):
        made.setdefault(made_path, seeded)
    path = posixpath.normpath(copied)
    virtual = next((p for p in made if p == path or p.startswith(f"{path}/")), None)
    if virtual is None:
        site = SITE_PACKAGES.fullmatch(path)
        known = path in _targets(project, stage) or path == USER_SITE
        if not site and not known:
            return None
        path = site[1] if site else path
    return BuiltEnvironment(
        stage=stage,
        path=virtual or path,
        virtual=virtual is not None,
        seeded=virtual is not None and made[virtual],
        last=stage.instructions[-1],
        copied=item,
    )


def _virtual_environments(project: Project, stage: Stage) -> Iterator[tuple[str, bool]]:
    """Paths of virtual environments with whether pip is put into them."""
    folder = "/"
    for item in stage.instructions[1:]:
        if item.keyword == "WORKDIR":
            folder = posixpath.join(folder, _expanded(project, stage, folder_of(item)))
        if item.keyword != "RUN":
            continue
        for action in lifted_run(item).actions:
            if isinstance(action.fact, VirtualEnvironment):
                path = _expanded(project, stage, action.fact.path)
                yield (
                    posixpath.normpath(posixpath.join(folder, path)),
                    action.fact.tool != "uv venv",
                )
            elif action.kind is ActionKind.LOCKED:
                yield posixpath.join(folder, ".venv"), False


def _targets(project: Project, stage: Stage) -> frozenset[str]:
    """Folders that ``--prefix`` or ``--target`` names."""
    runs = [lifted_run(item) for item in stage.instructions if item.keyword == "RUN"]
    facts = [action.fact for run in runs for action in run.actions]
    return frozenset(
        posixpath.normpath(_expanded(project, stage, fact.target))
        for fact in facts
        if isinstance(fact, PipInstall) and fact.target
    )


def _expanded(project: Project, stage: Stage, text: str) -> str:
    variables = final_environment(project.dockerfile, stage, project.build_arguments).variables
    return expand(text, variables, escape=project.dockerfile.escape, keep_unset=True)


def _installation(stage: FinalStage) -> Origin | None:
    return next((action.origin for action in stage.of_kind(*INSTALLING)), None)


def _not_apart(message: str, origin: Origin) -> NotApart:
    return NotApart(evidence=Evidence(kind="environment", message=message, origin=origin))
