"""How an image is run, and how its Dockerfile is read for a build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import to_builtins

from jettison.builder import BaseWanted, Recipe, not_understood
from jettison.builder.commands import Place, places, stage_steps
from jettison.builder.installations import found_environment, with_setuptools
from jettison.ecosystems.commands import PackageInstall, invocation
from jettison.errors import UnsupportedError
from jettison.formats.dockerfile import (
    Instruction,
    final_environment,
    healthcheck,
    pairs,
    ports,
    stopsignal,
    user,
    volumes,
    workdir,
)
from jettison.images.config import Config, HealthCheck
from jettison.images.digest import Fields, Json, mapping_field
from jettison.lift import Invocation
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.other_packages import zone_groups
from jettison.lift.stage import FinalStage
from jettison.lower import COMPILED_LIST
from jettison.plan import Plan
from jettison.plan.base import COMPOSED, Works
from jettison.values import LAST_PORT, by_key, whole_number

_NANOSECONDS = 1_000_000_000
_TIMES = ("interval", "timeout", "start_period", "start_interval")
_SHELL = ("/bin/sh", "-c")


def execution(stage: FinalStage, environment: Mapping[str, str], found: Iterable[Place]) -> Fields:
    """Read the describing instructions as fields of a config; those that nothing is said of miss.

    ``environment`` is all of ENV, the base's included.
    """
    by_keyword = by_key((place.instruction.keyword, place) for place in found)
    entrypoint, command = stage.entrypoint, stage.command
    if entrypoint and command and command.origin.at < entrypoint.origin.at:
        # As BuildKit has it: a CMD before the ENTRYPOINT of the same stage stays.
        same = stage.is_of_last(command.instruction)
        command = command if same or not stage.is_of_last(entrypoint.instruction) else None
    said = {
        "User": _last(by_keyword, "USER", user),
        "WorkingDir": _directory(by_keyword),
        "Healthcheck": _health_check(by_keyword.get("HEALTHCHECK", [])),
        "StopSignal": _last(by_keyword, "STOPSIGNAL", stopsignal),
    }
    words = {"Entrypoint": _words(entrypoint), "Cmd": _words(command)}
    if entrypoint and not command:
        words["Cmd"] = []
    return {
        "Env": [f"{name}={value}" for name, value in environment.items()],
        **{name: value for name, value in said.items() if value},
        **{name: value for name, value in words.items() if value is not None},
        "ExposedPorts": {port: {} for place in by_keyword.get("EXPOSE", ())
                         for word in ports(place.instruction)
                         for port in _ports(place.expanded(word), place)},
        "Volumes": {place.expanded(path): {} for place in by_keyword.get("VOLUME", ())
                    for path in volumes(place.instruction)},
        "Labels": {place.expanded(name): place.expanded(value)
                   for place in by_keyword.get("LABEL", ())
                   for name, value in pairs(place.instruction)},
    }  # fmt: skip


def configured(base: Config, execution: Fields) -> Config:
    """Return the base's config with what an execution says, and what the base declares."""
    declared = {
        name: {**mapping_field(base.execution, name), **execution[name]}
        for name in ("ExposedPorts", "Volumes", "Labels")
    }
    return base.with_execution(**{**execution, **declared})


def _last(
    found: Mapping[str, list[Place]], keyword: str, read: Callable[[Instruction], str]
) -> str:
    places = found.get(keyword)
    return places[-1].expanded(read(places[-1].instruction)) if places else ""


def _directory(found: Mapping[str, list[Place]]) -> str:
    places = found.get("WORKDIR")
    if not places:
        return ""
    return places[-1].absolute(places[-1].expanded(workdir(places[-1].instruction)))


def _words(invocation: Invocation | None) -> list[str] | None:
    if invocation is None:
        return None
    return [*(invocation.words if invocation.words is not None else (*_SHELL, invocation.text))]


def _ports(text: str, place: Place) -> Iterable[str]:
    """Return each port of ``8000``, ``53/udp`` or ``8000-8003/tcp``."""
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    start, end = whole_number(first), whole_number(last or first)
    if start is None or end is None or end > LAST_PORT:
        raise not_understood(place.instruction.text, f"{text} is no port", place.instruction.origin)
    kind = protocol.lower() or "tcp"
    return tuple(f"{number}/{kind}" for number in range(start, end + 1))


def _health_check(found: list[Place]) -> Json:
    if not found:
        return None
    written = healthcheck(found[-1].instruction)
    if written.none:
        return {"Test": ["NONE"]}
    words = written.exec_form
    check = HealthCheck(
        test=("CMD", *words) if words else ("CMD-SHELL", written.shell_form or ""),
        retries=written.retries or 0,
        **{name: round((getattr(written, name) or 0) * _NANOSECONDS) for name in _TIMES},
    )
    return to_builtins(check)


_LIBRARY = re.compile(r".*?/lib/python3\.\d+/(.+\.py)$")


def recipe_of(plan: Plan, inherited: Mapping[str, str], folder: str) -> Recipe:
    """Read what is laid on the base, whose environment and working directory are given.

    UnsupportedError, with file and line, for a step that needs an engine.
    """
    project, stage = plan.project, plan.stage
    found = found_environment(project, stage, inherited)
    made = with_setuptools(found.environment, plan) if found.environment else None
    steps = tuple(stage_steps(places(project, stage, inherited, folder), found.copies))
    environment = final_environment(
        project.dockerfile, stage.stage, project.build_arguments, inherited
    )
    return Recipe(
        packages=packages_of(stage),
        environment=made,
        steps=steps,
        execution=execution(stage, environment.env, places(project, stage, inherited, folder)),
        uncompiled=_uncompiled(stage),
    )


def packages_of(stage: FinalStage) -> tuple[str, ...]:
    """Name the system packages that the final stage installs."""
    names: dict[str, None] = {}
    for action in actions_in(stage.inherited):
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
                why="it is an image, and only the minimal base can get a shell",
                hint="Omit --debug-base, or add `--base composed`.",
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
    text = plan.project.own_text(COMPILED_LIST)
    if not any(COMPILED_LIST in run.instruction.text for run in plan.stage.runs):
        return frozenset()
    found = (_LIBRARY.match(line.strip()) for line in text.splitlines())
    return frozenset(match[1] for match in found if match)


def _uncompiled(stage: FinalStage) -> str:
    """Return the paths that a ``compileall`` of the Dockerfile omits."""
    for action in actions_in(stage.instructions):
        run = invocation(action.command)
        if run is not None and run.program == "compileall":
            return run.options.value("-x") or ""
    return ""
