"""Where the Dockerfile installs distributions, and what it asks the installer for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.builder import Environment, Installation, not_understood
from jettison.builder.commands import Place, places
from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall, VirtualEnvironment
from jettison.formats.dockerfile import Instruction, copy
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, is_installer, lifted_run
from jettison.lift.build_context import context_path
from jettison.lift.stage import FinalStage, lifted
from jettison.lift.stages import steering_pip
from jettison.lower.removed_files import is_manifest, is_removal
from jettison.plan import Plan
from jettison.plan.brought_by_base import requirement_of_base
from jettison.plan.removal.listing import LIST
from jettison.values import replace

# uv's own options that say where, which are read apart, or how files are written.
_READ_APART = frozenset(
    {"--python", "-p", "--system", "--compile-bytecode", "--link-mode", "--target", "--prefix",
     "--no-config", "--native-tls", "--system-certs", "--break-system-packages"}
)  # fmt: skip


class FoundEnvironment(Struct, frozen=True, kw_only=True):
    """The environment and the instructions of the final stage that copy it from another one."""

    environment: Environment | None
    copies: tuple[Instruction, ...] = ()


def found_environment(
    project: Project, stage: FinalStage, inherited: Mapping[str, str]
) -> FoundEnvironment:
    """Find the installations of the final stage, or those of the stage it copies from.

    UnsupportedError, with the place, for what cannot be repeated without an engine.
    """
    own = tuple(_installs(project, stage, inherited))
    copies = tuple(
        (place, found)
        for place in places(project, stage, inherited, "/")
        if place.instruction.keyword == "COPY"
        and (found := copy(place.instruction)).stage is not None
        and project.dockerfile.stage_named(found.stage or "") is not None
    )
    if not copies:
        return FoundEnvironment(environment=_environment(own))
    if own:
        why = "requirements are installed both here and in another stage"
        raise not_understood(own[0].action.text, why, own[0].action.origin)
    told = [place for place, _ in copies if is_manifest(place.instruction)]
    copied = [(place, found) for place, found in copies if place not in told]
    if not copied:
        return FoundEnvironment(environment=_environment(own))
    stage_name = copied[0][1].stage or ""
    made = _copied(project, stage_name, [place for place, _ in copied], inherited)
    return replace(made, copies=(*made.copies, *(place.instruction for place in told)))


def with_setuptools(environment: Environment, plan: Plan) -> Environment:
    """Add the setuptools that the image of the base has, where something counts on it."""
    requirement = requirement_of_base(plan)
    if not requirement:
        return environment
    first = environment.installations[0]
    added = replace(first, files=(), requirements=(requirement,))
    return replace(environment, installations=(*environment.installations, added))


class _Install(Struct, frozen=True, kw_only=True):
    """One command of an installer, the environment it writes to, and how that was made."""

    action: Action
    path: str
    installation: Installation
    made: VirtualEnvironment | None


def _copied(
    project: Project, name: str, copied: list[Place], inherited: Mapping[str, str]
) -> FoundEnvironment:
    """Read the stage that makes the environment."""
    project = replace(project, target=name)
    source = lifted(project)
    installs = tuple(_installs(project, source, inherited))
    found = _environment(installs)
    for place in copied:
        view = copy(place.instruction)
        paths = {place.expanded(path).rstrip("/") for path in view.sources}
        target = place.absolute(place.expanded(view.destination)).rstrip("/")
        if view.stage != name or not found or paths != {found.path} or target != found.path:
            why = f"it is not the environment that the stage {view.stage} makes"
            raise not_understood(place.instruction.text, why, place.instruction.origin)
    removal = False
    for run in source.runs:
        removal = removal or is_removal(run.instruction)
        for action in () if is_removal(run.instruction) else run.actions:
            if action.kind in {ActionKind.OTHER, ActionKind.APPLICATION}:
                why = f"the environment is copied from the stage {name}, and this may change it"
                raise not_understood(action.text, why, action.origin)
    removed = project.own_text(LIST) if removal else ""
    return FoundEnvironment(
        environment=replace(found, removed=removed) if found else None,
        copies=tuple(place.instruction for place in copied),
    )


def _environment(installs: tuple[_Install, ...]) -> Environment | None:
    wanted = [each for each in installs if _asks(each.installation)]
    if not wanted:
        return None
    other = next((each for each in wanted if each.path != wanted[0].path), None)
    if other is not None:
        why = f"another installation goes to {wanted[0].path or 'the base'}"
        raise not_understood(other.action.text, why, other.action.origin)
    made = wanted[0].made
    return Environment(
        path=wanted[0].path,
        installations=tuple(each.installation for each in wanted),
        system_packages=bool(made and made.system_packages),
    )


def _asks(installation: Installation) -> bool:
    return bool(installation.files or installation.requirements)


def _installs(
    project: Project, stage: FinalStage, inherited: Mapping[str, str]
) -> Iterator[_Install]:
    made: dict[str, VirtualEnvironment] = {}
    for place in places(project, stage, inherited, "/"):
        if place.instruction.keyword != "RUN":
            continue
        for action in lifted_run(place.instruction).actions:
            fact = action.fact
            if action.kind is ActionKind.LOCKED:
                why = "installations from a project's lock are not carried out without an engine"
                raise not_understood(action.text, why, action.origin)
            if isinstance(fact, VirtualEnvironment):
                made[place.absolute(place.word(fact.path, action)).rstrip("/")] = fact
            elif isinstance(fact, PipInstall):
                path = _path(fact, action, place, made)
                installation = _installation(project, stage, fact, action, place)
                yield _Install(
                    action=action, path=path, installation=installation, made=made.get(path)
                )


def _path(
    fact: PipInstall, action: Action, place: Place, made: Mapping[str, VirtualEnvironment]
) -> str:
    """Return the virtual environment that a command installs to; nothing is the interpreter's."""
    if fact.target or fact.user:
        raise not_understood(action.text, "it installs to a folder of its own", action.origin)
    named = fact.options.value("--python", "-p") if fact.by_uv else None
    program = place.word(named, action) if named else place.word(action.command.name, action)
    if "/" in program:
        folder = posixpath.dirname(place.absolute(program))
        path = posixpath.dirname(folder) if posixpath.basename(folder) == "bin" else folder
        return path if path in made else ""
    if fact.options.has("--system"):
        return ""
    active = place.variables.get("VIRTUAL_ENV", "")
    first = place.variables.get("PATH", "").partition(":")[0].removesuffix("/bin")
    sourced = _activated(place)
    for path in (sourced, active if fact.by_uv else "", first):
        if path and place.absolute(path).rstrip("/") in made:
            return place.absolute(path).rstrip("/")
    return ""


def _activated(place: Place) -> str:
    """Return the environment whose ``activate`` the RUN sources."""
    for action in lifted_run(place.instruction).actions:
        words = action.command.words
        if words[:1] in {(".",), ("source",)} and words[1:2] and words[1].endswith("/bin/activate"):
            return words[1].removesuffix("/bin/activate")
    return ""


def _installation(
    project: Project, stage: FinalStage, fact: PipInstall, action: Action, place: Place
) -> Installation:
    if fact.editable or fact.groups:
        raise not_understood(action.text, "it installs the project itself", action.origin)
    for name, origin in steering_pip(stage):
        raise not_understood(action.text, f"{name} decides what it installs", origin)
    words = [word for word in fact.requirements if not is_installer(word)]
    return Installation(
        files=tuple(_file(project, stage, path, action) for path in fact.requirement_files),
        constraints=tuple(_file(project, stage, path, action) for path in fact.constraint_files),
        requirements=tuple(_requirement(place.word(w.text, action), action) for w in words),
        options=(*_indexes(fact, place), *_options(fact, action, place)),
        origin=action.origin,
    )


def _requirement(text: str, action: Action) -> str:
    if text.startswith((".", "/")):
        raise not_understood(action.text, "it installs the project itself", action.origin)
    return text


def _file(project: Project, stage: FinalStage, path: str, action: Action) -> str:
    found = context_path(project, stage, action.instruction, path)
    if found is None:
        why = f"{path} is not a readable file of the build context"
        raise not_understood(action.text, why, action.origin)
    if found.endswith((".toml", ".cfg", ".py")):
        raise not_understood(action.text, f"{path} is no requirements file", action.origin)
    return found


def _indexes(fact: PipInstall, place: Place) -> Iterable[str]:
    """Give the indexes that variables name, as options, where the command does not name them."""
    known = table(Tools).pip
    variables = known.indexes_of_uv if fact.by_uv else known.indexes
    given = {"--index-url" if each.name == "-i" else each.name for each in fact.options.options}
    for name, option in variables.items():
        if option not in given:
            for address in place.variables.get(name, "").split():
                yield from (option, address)


def _options(fact: PipInstall, action: Action, place: Place) -> Iterable[str]:
    known = table(Tools).pip
    ignored = {*known.without_effect, *known.files, *_READ_APART}
    for option in fact.options.options:
        if option.name in (*known.valued, *known.flags):
            yield option.name
            if option.name in known.valued and option.value is not None:
                yield place.word(option.value, action)
        elif option.name not in ignored:
            raise not_understood(action.text, f"{option.name} is not known", action.origin)
