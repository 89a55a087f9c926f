"""Install only the groups that production needs.

Many projects declare the split already, in a group, an extra or a second requirements file, and the
Dockerfile installs everything all the same: `uv sync` and `poetry install` bring the development
group by default, `pipenv install --dev` and `pip install -r requirements-dev.txt` explicitly. This
rule changes the command (`--no-dev`, `--only main`, without `--dev`, the other file) and not the
declarations. Where the application is started with `uv run`, which would install the group again at
every start, UV_NO_SYNC keeps the environment as it was built.

Source: docs.astral.sh/uv, "Development dependencies"; python-poetry.org, "Dependency groups";
pip-tools, "Layered requirements"; 25 of 52 locked distributions of a web application were for
production in a measurement of this project.

Safe: a group is removed when its name says development, or all of its requirements are tools or
used by tests only, and production uses none of them. Otherwise it is kept, and the report names the
requirement that is used. It is kept, too, where a step runs the tests while the image is built, and
a list for builds (`requirements-build.txt`) where the project is built in the same stage. A
command inside a condition is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.declaration import Kind
from jettison.ecosystems.finding import group_of
from jettison.ecosystems.tool import Tool
from jettison.formats.dockerfile import Stage, fed_by
from jettison.index.graph import Leaving, leaving
from jettison.lift import taken_whole
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.build_context import feeding_stages
from jettison.lift.declared import shipped_names
from jettison.lift.groups import (
    ShippedFile,
    ShippedGroup,
    is_named_for_development,
    shipped_files,
    shipped_groups,
)
from jettison.lift.locked import LockedInstallation, movable
from jettison.lift.repeated_commands import local_words
from jettison.lift.scopes import Scope
from jettison.lift.stage import lifted_stage
from jettison.lift.stages import INSTALLING, services_of
from jettison.plan import Finding, Plan, PlannedRequirement
from jettison.plan.changes import Change, LeaveGroupsOut, SetEnvironment
from jettison.rules.rule import Rule
from jettison.source.tree import RUNS_TESTS
from jettison.values import Evidence, Origin, Toward


def detect(plan: Plan) -> Iterator[Finding]:
    """Find groups, extras and requirements files for development that the image gets."""
    if plan.stage.triggers:
        return
    groups = [group for group in shipped_groups(plan.project) if _is_for_development(plan, group)]
    files = shipped_files(plan.project)
    shared = _shared(plan)
    everything: tuple[ShippedGroup | ShippedFile, ...] = (*groups, *files)
    held = {
        _called(one): why
        for one in everything
        if (
            why := shared.get(one.stage.index)
            or _needed(plan, one.names)
            or _made_later(plan, one)
            or _built_with(plan, one)
            or _tested(one.stage)
            or _tested(plan.stage.stage)
        )
    }
    yield from _changed(
        plan,
        [group for group in groups if _called(group) not in held],
        [file for file in files if _called(file) not in held],
    )
    yield from (_stays(what, why) for what, why in held.items())


def _called(one: ShippedGroup | ShippedFile) -> str:
    if isinstance(one, ShippedFile):
        return one.path
    return f"the {'extra' if one.kind is Kind.OPTIONAL else 'group'} {one.name}"


def _shared(plan: Plan) -> dict[int, Evidence]:
    """The stages that others are made from which this image is not: those may need everything."""
    dockerfile, found = plan.project.dockerfile, dict[int, Evidence]()
    own = {stage.index for stage in feeding_stages(plan.stage)}
    for other in reversed(dockerfile.stages):
        if other.index not in own:
            target = other.name or str(other.index)
            message = f"the stage {target} is made from the same stage"
            origin = other.instructions[0].origin
            first = taken_whole(dockerfile, other) or other
            for index in fed_by(dockerfile, first, found):
                found[index] = Evidence.of("stage", message, origin)
    return found


def _is_for_development(plan: Plan, group: ShippedGroup) -> bool:
    if group.request.action.command.nested or "$" in group.request.action.text:
        return False  # what the words say is known only while building
    if group.kind is Kind.OPTIONAL and not group.request.tool.extras:
        return False
    if is_named_for_development(group.name):
        return True
    known = {item.name: item for item in plan.requirements if item.group}
    return group.kind is Kind.GROUP and all(
        name in known
        and known[name].scope is Scope.DEVELOPMENT
        and any(e.toward is Toward.DEVELOPMENT and e.kind != "group" for e in known[name].evidence)
        for name in group.names
    )


def _gone(plan: Plan, names: Iterable[str]) -> Leaving:
    absent = {item.name for item in plan.requirements} - shipped_names(plan.project)
    others = {r.name for r in plan.requirements if r.shipped and not _is_in_development(r)}
    return leaving(plan.closure, set(names) - others, absent)


def _is_in_development(item: PlannedRequirement) -> bool:
    if item.group:
        return is_named_for_development(item.group)
    return group_of(item.origin.file).kind is Kind.GROUP


def _needed(plan: Plan, names: Collection[str]) -> Evidence | None:
    """A use in production of something that would go."""
    gone = _gone(plan, names).names
    needed = [r for r in plan.requirements if r.name in gone and r.scope is Scope.RUNTIME]
    for item in needed:
        first = item.evidence[0] if item.evidence else None
        message = f"{item.name}: {first.message}" if first else f"production needs {item.name}"
        origin = first.origin if first else None
        return Evidence.of("needed", message, origin or item.origin)
    return None


def _tested(stage: Stage) -> Evidence | None:
    """A step that runs the tests, which need what is for development."""
    for action in actions_in(stage.instructions):
        if action.kind not in INSTALLING and (found := re.search(RUNS_TESTS, action.text)):
            message = f"a step runs {found[0]} while the image is built"
            return Evidence.of("step", message, action.origin)
    return None


def _built_with(plan: Plan, one: ShippedGroup | ShippedFile) -> Evidence | None:
    """The project, built in the same stage, where a list is named for what builds use."""
    if not isinstance(one, ShippedFile) or group_of(one.path).name != "build":
        return None
    for action in lifted_stage(plan.project, one.stage).of_kind(ActionKind.PYTHON):
        if isinstance(action.fact, PipInstall) and local_words(action.fact):
            message = f"`{' '.join(action.text.split())[:60]}` builds the project in the same stage"
            return Evidence.of("step", message, action.origin)
    return None


def _changed(plan: Plan, groups: list[ShippedGroup], files: list[ShippedFile]) -> Iterator[Finding]:
    if not groups and not files:
        return
    kinds = {kind: _names(g.name for g in groups if g.kind is kind) for kind in Kind}
    names = {name for group in groups for name in group.names}
    names |= {name for file in files for name in file.names}
    gone = _gone(plan, names)
    changes: list[Change] = [
        LeaveGroupsOut(
            groups=kinds[Kind.GROUP],
            extras=kinds[Kind.OPTIONAL],
            files=tuple(dict.fromkeys((file.path, file.production) for file in files)),
        )
    ]
    what = _names([*map(_called, groups), *map(_called, files)])
    syncing = next((g.request.tool for g in groups if g.request.tool.syncing), None)
    started = _synced_at_start(plan, syncing) if syncing else None
    if syncing and started:
        changes.append(SetEnvironment(variables=(syncing.unsynced,)))
    count = "1 distribution" if len(gone.names) == 1 else f"{len(gone.names)} distributions"
    message = f"keep {' and '.join(what)} out of the image: {count} less"
    yield Finding.of(
        message,
        (*_evidence(groups, files), *((started,) if started else ())),
        *changes,
        saving=gone.size,
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _evidence(groups: list[ShippedGroup], files: list[ShippedFile]) -> Iterable[Evidence]:
    for group in groups:
        word = "extra" if group.kind is Kind.OPTIONAL else "group"
        listed = ", ".join(sorted(group.names))
        how = "by default" if group.unasked else "on request"
        text = group.request.action.short
        message = f"`{text}` installs the {word} {group.name} {how}: {listed}"
        yield Evidence.of("group", message, group.origin)
    for file in files:
        own = file.production or "the other file"
        listed = ", ".join(sorted(file.names))
        message = f"{file.path} is for development, {own} for production: {listed}"
        yield Evidence.of("file", message, file.action.origin)


def _synced_at_start(plan: Plan, tool: Tool) -> Evidence | None:
    """A start command or script that would install the groups again."""
    found = movable(plan.project, plan.stage)
    direct = isinstance(found, LockedInstallation) and found.called is None
    if direct or tool.unsynced[0] in plan.stage.environment:
        # What the rule build-stage makes of it is started without the tool.
        return None
    message = f"`{tool.name} run` installs what is missing at every start"
    return _start(plan, message, lambda text: bool(re.search(tool.syncing, text)))


def _made_later(plan: Plan, one: ShippedGroup | ShippedFile) -> Evidence | None:
    """A start that installs everything into another environment than the image's steps do."""
    if isinstance(one, ShippedFile) or not one.request.tool.active:
        return None
    tool, text = one.request.tool, one.request.action.text
    if tool.active in text or not plan.stage.environment.get("VIRTUAL_ENV"):
        return None
    message = f"`{tool.name} run {tool.active}` installs into another environment at every start"
    return _start(
        plan, message, lambda text: tool.active in text and bool(re.search(tool.syncing, text))
    )


def _start(plan: Plan, message: str, meant: Callable[[str], bool]) -> Evidence | None:
    """Give the message with the first start command or line of a script that is ``meant``."""
    places = (origin for text, origin in _starts(plan) if meant(text))
    origin = next(places, None)
    return Evidence.of("start", message, origin) if origin else None


def _starts(plan: Plan) -> Iterator[tuple[str, Origin]]:
    """The start commands of the image and of its services, and each line of scripts."""
    for each in (plan.stage.command, plan.stage.entrypoint):
        if each is not None:
            yield " ".join(each.words or (each.text,)), each.origin
    for service in services_of(plan.project):
        for said in (service.command, service.entrypoint):
            if said is not None:
                yield " ".join(said.words), said.origin
    for path, text in plan.project.texts.items():
        for number, line in enumerate(text.splitlines(), 1) if path.endswith(".sh") else ():
            yield line, Origin(file=path, line=number)


def _stays(what: str, why: Evidence) -> Finding:
    message = f"{what} is for development but kept in the image: {why.message}"
    return Finding.advice(message, why)


RULE = Rule(name="production-groups", level=1, documentation=__doc__, detect=detect)
