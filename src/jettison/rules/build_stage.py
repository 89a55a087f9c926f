"""Build the environment in a stage of its own.

What installs requirements (pip, uv, compilers, headers, caches) is not needed to run the
application, and a later layer cannot remove what an earlier one holds. A build stage makes the
virtual environment; the final stage copies it as one layer, and the source as another. The
requirements are copied before the source, so that a change of code installs nothing again. The
installation has a cache mount, and bytecode is compiled, unless the image had none and would grow.

Source: docs.docker.com, "Multi-stage builds"; hynek.me, "Production-ready Python Docker containers
with uv"; docling-serve#56 for the size of the installers.

A project of uv, Poetry, Pipenv, PDM or Hatch keeps its command (`uv sync`, `poetry install`, `hatch
env create` …) with all of its options. An environment in the project's folder keeps its path, so
that commands and scripts that name it still find it; one in the system or in a folder of the tool
becomes `/opt/venv`. `uv run` and its likes are removed from the start command where they only find
the environment, and the tool is removed from the final stage unless something calls it there. It is
kept in front of a program that is not known to end on SIGTERM: as process 1 such a program would
have to be killed, as the child of the tool it ends.

Safe: the same requirements are installed by the same Python of the same image, to a path that is
the same in both stages. The project itself is installed from the same source at the same path. It
stays as it is when a step may have changed that source or its build does more than collect files,
and when the path of the old environment is written in a file or Python is looked for on another
PATH than that of the image (cron, sudo, login shells). Where something installs later (a stage of
tests, a step that downloads a model, the running container) as root, pip makes the environment and
is in it, and compilers stay. Where uv would do something else (options of pip alone, a Python that
uv does not run on, lists in UTF-16, variables that only pip reads), or was seen to install other
versions than pip did, pip itself repeats the commands in the build stage. What fails without the
setuptools of the base gets it: by its imports, or where the image that was made shows it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import HEADERS, Tools, is_build_package
from jettison.ecosystems.commands import PipInstall, ProjectInstall
from jettison.ecosystems.uv import UV
from jettison.formats.dockerfile import Instruction
from jettison.lift.action import FETCHING, ActionKind, is_plain
from jettison.lift.installation import Installation, NotMovable
from jettison.lift.installation_obstacles import fetches_model, installs_on_top, installs_when_run
from jettison.lift.locked import LockedInstallation, movable, new_place, replaced_place
from jettison.lift.locked_obstacles import fixed_path, linked_programs, programs_of
from jettison.lift.packages import removable, requested, saved_without
from jettison.lift.scopes import PackageScope
from jettison.lift.search_path import elsewhere
from jettison.lift.stage import FinalStage
from jettison.lift.stages import service_of
from jettison.lift.usage import UNCALLED
from jettison.plan import Finding, Plan
from jettison.plan.base import Variant, image_facts
from jettison.plan.brought_by_base import (
    has_setuptools,
    requires_setuptools,
    uses_setuptools,
)
from jettison.plan.changes import (
    Change,
    RemovePackages,
    SetCommand,
    SetEnvironment,
    SplitBuildStage,
)
from jettison.plan.prediction_environment import byte_code_made
from jettison.rules.rule import Rule
from jettison.values import Evidence, counted, replace

Movable = Installation | LockedInstallation
# What of a build stage can be left out alone where the image would grow.
BYTECODE = "the bytecode of distributions"
# Files of which the one that is planned says itself how the tool is called, and others nothing.
_DOCKERFILE = re.compile(r"(?:docker|container)file[^/]*$", re.I)
# What fetches the installer of a tool.
_FETCHERS = (*sorted(FETCHING), "ca-certificates")


def detect(plan: Plan) -> Iterator[Finding]:
    """Find requirements that are installed in the final stage."""
    found = _movable(plan)
    if why := _why_it_stays(plan, found):
        yield from _stays(why)
    elif not isinstance(found, NotMovable):
        yield _moved(plan, found)


def _movable(plan: Plan) -> Movable | NotMovable:
    """What moves; by pip where something installs with the pip of the environment later."""
    by_pip = UV.name in plan.withheld(RULE.name)
    found = movable(plan.project, plan.stage, by_pip=by_pip)
    if (
        isinstance(found, Installation)
        and found.replaces_pip
        and installs_when_run(plan.project, plan.stage, plan.usage)
    ):
        return movable(plan.project, plan.stage, by_pip=True)
    return found


def _why_it_stays(plan: Plan, found: Movable | NotMovable) -> Evidence | None:
    """What keeps the installation in the final stage; None where nothing does, or is to be said."""
    if isinstance(found, NotMovable):
        return found.evidence
    other = elsewhere(plan.project, plan.stage, plan.usage, new_place(found))
    if isinstance(found, LockedInstallation):
        used = other or (uses_setuptools(plan) if found.tool.seeded else None)
        return used or (None if _can_stay(plan, found) else _installer_stays(plan, found))
    programs = programs_of(plan.distributions.values())
    fixed = fixed_path(plan.project, plan.stage, programs) or other or _misses_pip(plan, found)
    same = found.by_pip or _brings_setuptools(plan)
    return fixed or (None if same else uses_setuptools(plan))


def _misses_pip(plan: Plan, found: Installation) -> Evidence | None:
    """What would not install as before: by a pip that is not there, or that may not write."""
    later = installs_when_run(plan.project, plan.stage, plan.usage)
    service = service_of(plan.project)
    root = plan.stage.runs_as_root and not (service and service.user)
    if later is None or (found.by_pip and root):
        return None
    why = "belongs to root" if found.by_pip else "that uv makes has none"
    return replace(later, message=f"{later.message}, and an environment {why}")


def _brings_setuptools(plan: Plan) -> bool:
    """Whether the base is an official image with setuptools, which a new environment can have."""
    return image_facts(plan.stage.base).variant is not Variant.OTHER and has_setuptools(plan)


def _moved(plan: Plan, found: Movable) -> Finding:
    locked = found if isinstance(found, LockedInstallation) else None
    by_pip = isinstance(found, Installation) and found.by_pip
    used = None if locked or by_pip else uses_setuptools(plan)
    stays = _installer_stays(plan, locked) if locked else None
    own = locked or (isinstance(found, Installation) and found.own)
    programs = programs_of(plan.distributions.values())
    build = build_packages(plan, found)
    compiled = BYTECODE not in plan.withheld(RULE.name) or _compiles_already(plan.stage)
    change = SplitBuildStage(
        build_packages=build,
        environment=new_place(found),
        uv=table(Tools).uv.version,
        setuptools=not (locked or by_pip)
        and _brings_setuptools(plan)
        and (used is not None or requires_setuptools(plan)),
        installer_stays=stays is not None,
        linked=() if own else linked_programs(plan.project, plan.stage, programs),
        by_pip=by_pip,
        replaces_pip=isinstance(found, Installation) and found.replaces_pip,
        bytecode=compiled,
    )
    tool = "pip" if by_pip else locked.tool.name if locked else UV.name
    message = f"a build stage makes the environment with {tool}; the final stage copies it"
    if build:
        remaining = counted(len(build), "build package remains", "build packages remain")
        message += f"; {remaining} there"
    bringing = locked.bringing if locked else ()
    present = removable(plan.stage)
    pip = installs_when_run(plan.project, plan.stage, plan.usage) if by_pip else None
    # What installs then may compile.
    later = pip or installs_on_top(plan.stage) or (locked and locked.apart)
    gone = tuple(
        name
        for name in build
        if name in present
        and not later
        and not _needed_in_final(plan, name, bringing, stays=stays is not None)
    )
    changes: tuple[Change, ...] = (change, RemovePackages(names=gone)) if gone else (change,)
    if locked:
        changes = (*changes, *_started(plan, locked, stays=stays is not None))
    why = "requirements are installed in the final stage"
    evidence = Evidence.of("installation", why, found.origin)
    return Finding.of(
        message,
        (evidence, *_why_build(plan, found, build), *filter(None, (stays, used, pip))),
        *changes,
        saving=saved_without(plan.stage, gone),
    )


def _can_stay(plan: Plan, found: LockedInstallation) -> bool:
    """Whether the tool works in an image with the environment of a build stage."""
    replaced = replaced_place(found.tool, found.environment, plan.stage)
    return found.tool.stays is not None and not replaced


def _installer_stays(plan: Plan, found: LockedInstallation) -> Evidence | None:
    """Why what installs from the lock is needed when the image runs."""
    calls = (
        each
        for each in plan.usage.programs.get(found.tool.name, ())
        if each.kind != UNCALLED and each.origin and not _DOCKERFILE.search(each.origin.file)
    )
    called = found.called or next(calls, None)
    if called is not None:
        return replace(called, message=f"{found.tool.name} kept: {called.message}")
    known = table(Tools).ends_on_sigterm
    if any(module.partition(".")[0] in known.modules for module in plan.usage.imports):
        return None
    for keyword, words in found.starts:
        program = words[2] if words[:2] == ("python", "-m") and words[2:] else words[0]
        if keyword == "CMD" and posixpath.basename(program) not in known.programs:
            invocation = plan.stage.command
            unknown = f"{program} is not known to end on SIGTERM as process 1"
            message = f"{found.tool.name} kept: {unknown}"
            return Evidence.of("signal", message, invocation.origin if invocation else None)
    return None


def _started(plan: Plan, found: LockedInstallation, *, stays: bool) -> tuple[Change, ...]:
    """How the application starts in an environment that belongs to root.

    `uv run` is removed where it only finds the environment; where uv is kept it neither
    writes into the environment nor needs a folder for its cache.
    """
    starts = () if stays else found.starts
    wanted = tuple((found.tool.stays or {}).items()) if stays else ()
    missing = tuple(pair for pair in wanted if pair[0] not in plan.stage.environment)
    return (
        *(SetCommand(keyword=keyword, words=words) for keyword, words in starts),
        *((SetEnvironment(variables=missing),) if missing else ()),
    )


def build_packages(plan: Plan, found: Movable) -> tuple[str, ...]:
    """The packages that the installation may need: compilers, headers, and git for its URLs."""
    present = requested(plan.stage)
    scopes = {item.name: item.scope for item in plan.packages}
    # Headers that stay, because what they bring is not known, are there for the build as well.
    names = [
        name
        for name in present
        if scopes.get(name) is PackageScope.BUILD or is_build_package(name) == HEADERS
    ]
    names += [name for name in ("git",) if name in present and found.version_control]
    if isinstance(found, LockedInstallation) and found.fetches:
        names += [name for name in _FETCHERS if name in present]
    return tuple(names)


def _needed_in_final(
    plan: Plan, name: str, bringing: tuple[Instruction, ...], *, stays: bool
) -> bool:
    """Whether a step that remains in the final stage may call for a build package.

    A step before the one that installs it does not. ``bringing`` are the steps that fetch the
    tool, and ``stays`` says that the final stage repeats them.
    """
    scope = next((item.scope for item in plan.packages if item.name == name), None)
    installed = requested(plan.stage)[name].line or 0
    steps = (a for a in plan.stage.of_kind(ActionKind.OTHER) if (a.origin.line or 0) >= installed)
    unknown = [
        each
        for each in steps
        if each.instruction not in bringing and not (is_plain(each) or fetches_model(each))
    ]
    if name in _FETCHERS:
        return name == "ca-certificates" or stays or _called_otherwise(plan, bringing, name)
    return scope is PackageScope.RUNTIME or (name != "git" and bool(unknown))


def _called_otherwise(plan: Plan, moves: tuple[Instruction, ...], program: str) -> bool:
    """Whether anything besides the removed steps may call a program."""
    named = re.compile(rf"\b{program}\b")
    texts = [item.text for item in plan.stage.inherited if item.keyword != "RUN"]
    texts += [
        action.text
        for action in plan.stage.actions
        if action.kind is not ActionKind.PACKAGES and action.instruction not in moves
    ]
    path = plan.project.compose_path
    texts += [plan.project.texts[path]] if path else []
    uses = plan.usage.programs.get(program, ())
    files = {use.origin.file for use in uses if use.origin}
    return bool(files - {plan.project.dockerfile_path}) or any(map(named.search, texts))


def _why_build(plan: Plan, found: Movable, names: tuple[str, ...]) -> tuple[Evidence, ...]:
    message = "git: a requirement comes from version control"
    git = Evidence.of("requirement", message, found.version_control)
    return tuple(
        git if item.name == "git" else item.evidence[0]
        for item in plan.packages
        if item.name in names and item.evidence
    )


def _stays(evidence: Evidence) -> Iterator[Finding]:
    message = "kept as a single stage"
    yield Finding.advice(f"{message}: {evidence.message}", evidence)


def _compiles_already(stage: FinalStage) -> bool:
    """Whether what is installed in a stage has bytecode as it stands."""
    facts = (action.fact for action in stage.actions)
    installed = (fact for fact in facts if isinstance(fact, PipInstall | ProjectInstall))
    return all(byte_code_made(fact, stage) for fact in installed)


def _apart(plan: Plan) -> tuple[str, str] | None:
    """The bytecode that the build stage makes and the installation did not."""
    made = any(change.bytecode for change in plan.applied(SplitBuildStage))
    if not made or _compiles_already(plan.original_stage):
        return None
    return BYTECODE, "modules are compiled at each start"


RULE = Rule(
    name="build-stage",
    level=1,
    documentation=__doc__,
    detect=detect,
    without="the installation remains where it is",
    apart=_apart,
)
