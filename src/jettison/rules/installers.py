"""Remove pip and setuptools from the environment.

``python -m venv`` puts pip into every environment, and before Python 3.12 setuptools too; some
build stages install newer ones by name. They install what the build stage installs; in the final
image they are weight, and the first tool of an intruder.

Source: docs.python.org, ``venv``, ``--without-pip``; their sizes were measured (see the catalogue).

Safe: an installer is kept when the application imports it, a requirement depends on it, or the
source or a script that something starts calls it. The build checks the installed files: no
remaining module may import ``setuptools`` or ``pkg_resources``; modules that only build things do
not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.ecosystems.commands.python import PipInstall
from jettison.formats.dockerfile import copy
from jettison.formats.own_settings import Ask
from jettison.lift.action import ActionKind, actions_in, named_by
from jettison.lift.installation_obstacles import NEEDS_PIP
from jettison.lift.stages import BuiltEnvironment, NotApart, environment_of, steps_on
from jettison.lift.usage import BUILDING, UNCALLED
from jettison.plan import Finding, Plan
from jettison.plan.brought_by_base import WITHOUT_SETUPTOOLS
from jettison.plan.removal import Group
from jettison.plan.removing import listed, removal
from jettison.plan.system_removal import INSTALLERS, building_modules, leaves_late
from jettison.rules.rule import Rule
from jettison.values import Basis

NAME = "installers"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find installers that the maker of the environment put into it."""
    where = environment_of(plan.project, plan.stage)
    minor = tuple(int(part) for part in (plan.python or "0").split("."))
    if not isinstance(where, NotApart) and _installs_later(plan, where):
        return
    if leaves_late(plan):
        names = tuple(name for name in INSTALLERS if name in plan.contents.versions)
    elif isinstance(where, NotApart):
        return
    else:
        seeds = ("pip",) if minor >= WITHOUT_SETUPTOOLS else ("pip", "setuptools")
        names = (*(seeds if where.seeded else ()), *_named(where))
    yield from removal(plan, NAME, "installers", tuple(_groups(plan, names)))


def _installs_later(plan: Plan, where: BuiltEnvironment) -> bool:
    """Whether a step installs something more into the environment after it was copied.

    Steps of the final stage behind the copy count, and those of stages that copy the environment
    too or are built on the final stage.
    """
    copied = where.copied.origin.at
    final = (item for item in plan.stage.instructions if item.origin.at > copied)
    source = (where.stage.name or str(where.stage.index)).lower()
    others = [
        each
        for each in plan.project.dockerfile.stages
        if each.index not in (where.stage.index, plan.stage.stage.index)
        and any(copy(i).stage == source for i in each.instructions if i.keyword == "COPY")
    ]
    steps = [*final, *(i for each in (*others, *steps_on(plan.stage)) for i in each.instructions)]
    return any(
        action.kind is ActionKind.PYTHON
        or "setup.py" in action.command.words
        or NEEDS_PIP.search(action.text)
        for action in actions_in(steps)
    )


def _named(where: BuiltEnvironment) -> Iterator[str]:
    """Those that a step of the stage installs by name into its environment.

    pip installs into the environment that made it; where there is none, into that of the system.
    """
    for fact in (action.fact for action in actions_in(where.stage.instructions)):
        if isinstance(fact, PipInstall) and where.virtual and (where.seeded or fact.by_uv):
            yield from map(named_by, fact.requirements)


def _groups(plan: Plan, names: tuple[str, ...]) -> Iterator[Group]:
    paths = listed(plan)
    for name, known in table(DeadWeight).seeds.items():
        if name in names and not _is_needed(plan, name) and not paths.find(known.paths[0]):
            yield Group(
                distribution=name,
                reason=f"{name}, which is in every new environment",
                paths=tuple(known.paths),
                together=True,
                not_counting=tuple(_building(plan)) if name != "pip" else (),
                bytes=known.bytes,
                basis=Basis.CATALOGUED,
            )


def _is_needed(plan: Plan, name: str) -> bool:
    """Whether the application or a requirement wants it."""
    kept = {override.text.lower() for override in plan.overrides.of(Ask.KEEP)}
    uses = (use for each in (name, f"{name}3") for use in plan.usage.programs.get(each, ()))
    called = (use.kind not in (UNCALLED, BUILDING) for use in uses)
    if name in kept or name in plan.distributions or any(called):
        return True
    modules = INSTALLERS[name]
    return any(used.partition(".")[0] in modules for used in plan.usage.imports)


def _building(plan: Plan) -> Iterator[str]:
    """Those of the modules that only build which are there, as patterns."""
    return (path for path in building_modules(plan) if _exists(plan, path))


def _exists(plan: Plan, path: str) -> bool:
    files = plan.contents.files
    return path in files or (path.endswith("/") and any(one.startswith(path) for one in files))


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
