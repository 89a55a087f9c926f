"""Reads a recipe from a plan: the pure part of the build."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jettison.builder.commands import places, stage_steps
from jettison.builder.environment import found_environment
from jettison.builder.execution import execution
from jettison.builder.recipe import BaseWanted, Recipe, not_understood
from jettison.ecosystems.commands import PackageInstall, invocation
from jettison.errors import UnsupportedError
from jettison.formats.dockerfile import final_environment
from jettison.lift.action import ActionKind, lifted_run
from jettison.lift.other_packages import zone_groups
from jettison.lift.stage import FinalStage
from jettison.lower.instructions import COMPILED_LIST
from jettison.plan.base import Works
from jettison.plan.candidates.image import COMPOSED
from jettison.plan.plan import Plan

_LIBRARY = re.compile(r".*?/lib/python3\.\d+/(.+\.py)$")


def recipe_of(plan: Plan, inherited: Mapping[str, str], folder: str) -> Recipe:
    """Read what is laid on the base, whose environment and working directory are given.

    UnsupportedError, with file and line, for a step that needs an engine.
    """
    project, stage = plan.project, plan.stage
    found = found_environment(project, stage, inherited)
    steps = tuple(stage_steps(places(project, stage, inherited, folder), found.copies))
    environment = final_environment(
        project.dockerfile, stage.stage, project.build_arguments, inherited
    )
    return Recipe(
        packages=packages_of(stage),
        environment=found.environment,
        steps=steps,
        execution=execution(stage, environment.env, places(project, stage, inherited, folder)),
        uncompiled=_uncompiled(stage),
    )


def packages_of(stage: FinalStage) -> tuple[str, ...]:
    """Name the system packages that the final stage installs."""
    names: dict[str, None] = {}
    for item in stage.inherited:
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
            if isinstance(action.fact, PackageInstall) and action.kind is ActionKind.PACKAGES:
                for request in action.fact.packages:
                    if not request.literal:
                        why = f"{request.name} is computed by a shell"
                        raise not_understood(action.text, why, request.origin)
                    names.setdefault(request.name)
    return tuple(names)


def base_wanted(plan: Plan, asked: str = "", *, shell: bool = False) -> BaseWanted:
    """Decide what is built on.

    ``asked`` is ``composed``, the name of an image as ``locate`` reads it, or empty: then a base
    is composed when that is shown to work, and the Dockerfile's own base is taken otherwise.
    ``shell`` brings a shell into a composed base; UnsupportedError for another one.
    """
    stage = plan.stage
    candidates = plan.base.candidates
    composed = next((each for each in candidates if each.reference == COMPOSED), None)
    works = composed is not None and composed.works is Works.YES
    if asked not in {"", COMPOSED} or (not asked and not works):
        location = asked or stage.base
        if shell:
            raise UnsupportedError(
                f"no shell is added to {location}",
                why="it is an image, and a shell is added to composed bases alone",
                hint="Leave --debug-base out, or add `--base composed`.",
            )
        return BaseWanted(kind="image", location=location, python=stage.python or "")
    return BaseWanted(
        kind="composed",
        python=stage.python or "",
        packages=tuple(dict.fromkeys((*packages_of(stage), *(composed.adds if composed else ())))),
        time_zones=bool(stage.environment.get("TZ")),
        groups_kept=zone_groups(stage, plan.usage),
        shell=shell,
        loaded=_loaded(plan),
        programs=_programs(plan),
        shortened=bool(_loaded(plan)) and not _loads_unknown(plan),
    )


def _loads_unknown(plan: Plan) -> bool:
    """Whether libraries are loaded by name, which may be any of the base."""
    return bool(plan.usage.libraries or plan.usage.computed_libraries)


def _programs(plan: Plan) -> frozenset[str] | None:
    """Return the programs that are called, when the image was watched and none is computed."""
    usage = plan.usage
    if usage.computed or not _loaded(plan):
        return None
    return frozenset(usage.programs) | frozenset(usage.started)


def _loaded(plan: Plan) -> frozenset[str]:
    """Return the modules of the standard library that the plan has compiled; none for all."""
    text = plan.project.texts.get(plan.project.own(COMPILED_LIST), "")
    if not any(COMPILED_LIST in run.instruction.text for run in plan.stage.runs):
        return frozenset()
    found = (_LIBRARY.match(line.strip()) for line in text.splitlines())
    return frozenset(match[1] for match in found if match)


def _uncompiled(stage: FinalStage) -> str:
    """Return the paths that a ``compileall`` of the Dockerfile leaves out."""
    for item in stage.instructions:
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
            run = invocation(action.command)
            if run is not None and run.program == "compileall":
                return run.options.value("-x") or ""
    return ""
