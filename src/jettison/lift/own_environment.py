"""The environments that a stage makes, and the one that a build stage can make in its place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from msgspec import Struct

from jettison.ecosystems import OF_PROJECTS
from jettison.ecosystems.commands import PipInstall, ProjectInstall, VirtualEnvironment
from jettison.ecosystems.tool import SYSTEM, Setting
from jettison.ecosystems.uv import UV
from jettison.formats.dockerfile import Instruction, mounts, raw_pairs
from jettison.lift.action import Action, ActionKind, LiftedRun, actions_in, is_installer, lifted_run
from jettison.lift.stage import FinalStage
from jettison.values import FALSE, is_within

# Options of what makes an environment that say nothing about what it finds.
_PLAIN = frozenset({"-m", "--upgrade-deps", "--clear", "--copies", "--symlinks", "--always-copy"})
# Options of pip that say nothing about what is installed.
_UNCACHED = frozenset(
    {"--no-cache-dir", "--no-cache", "-q", "--quiet", "--disable-pip-version-check"}
    | {"--no-input", "--progress-bar", "--root-user-action"}
)
# A requirement by its name, with extras and a version.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,.-]+\])?(?:[<>=!~]=?[\w.,<>=!~*]+)?$")
# How pip of the system is called.
PIPS = ("pip", "pip3", "python", "python3")
_MAKERS = ("python", "python3", "virtualenv", "uv")
_BASES = ("", "/usr/local/bin", "/usr/bin", "/bin")


class OwnEnvironment(Struct, frozen=True, kw_only=True):
    """The command that makes an environment, its path, and the user whose it is; empty for root."""

    action: Action
    path: str
    owner: str


def own_environment(stage: FinalStage) -> OwnEnvironment | None:
    """Find the one environment of the stage that pip fills, where a build stage can repeat it."""
    made = stage.of_kind(ActionKind.ENVIRONMENT)
    if len(made) != 1 or not isinstance(made[0].fact, VirtualEnvironment):
        return None
    action, fact = made[0], made[0].fact
    run = lifted_run(action.instruction)
    path = stage.absolute(fact.path, action.instruction)
    if fact.system_packages or run.moves or "$" in path or not _is_plain(stage, action):
        return None
    if any(_calls_pip(stage, each, path) for each in stage.actions):
        return None
    installing = [each for each in stage.of_kind(ActionKind.PYTHON) if _brings(each)]
    if not installing or not all(_fills(stage, each, path) for each in installing):
        return None
    owner = "" if stage.is_root_at(action.instruction) else stage.user_at(action.instruction)
    return OwnEnvironment(action=action, path=path, owner=owner)


def _is_plain(stage: FinalStage, action: Action) -> bool:
    """Whether the Python of the base makes the environment, in no special way."""
    words = action.command.words
    folder, name = posixpath.split(words[0])
    options = {word for word in words[1:] if word.startswith("-")}
    makers = (*_MAKERS, f"python{stage.python}")
    known = folder in _BASES and name in makers and options <= _PLAIN
    return known and not action.command.assignments


def _brings(action: Action) -> bool:
    """Whether an installation by pip brings more than installers."""
    fact = action.fact
    return isinstance(fact, PipInstall) and not (
        fact.requirements
        and all(map(is_installer, fact.requirements))
        and not (fact.requirement_files or fact.editable)
    )


def _calls_pip(stage: FinalStage, action: Action, path: str) -> bool:
    """Whether a step asks the pip of the environment for anything but an installation."""
    words = action.command.words
    if action.kind is ActionKind.PYTHON or not words:
        return False
    name = posixpath.basename(words[0])
    return _folder(stage, action) == f"{path}/bin" and name.startswith("pip")


def _fills(stage: FinalStage, action: Action, path: str) -> bool:
    """Whether an installation goes into an environment: by path, by PATH, or after activation."""
    fact = action.fact
    if not isinstance(fact, PipInstall) or fact.target or fact.user:
        return False
    settings = dict(_settings(stage, action.instruction))
    if fact.by_uv:
        found = posixpath.join(stage.folder_at(action.instruction), ".venv")
        return path == settings.get("VIRTUAL_ENV", found) and not fact.options.has("--system")
    folder = posixpath.dirname(action.command.words[0])
    if folder:
        return stage.absolute(folder, action.instruction) == f"{path}/bin"
    first = settings.get("PATH", "").partition(":")[0]
    return posixpath.normpath(first) == f"{path}/bin" or _is_activated(stage, action, path)


def _is_activated(stage: FinalStage, action: Action, path: str) -> bool:
    before = takewhile(lambda one: one != action, lifted_run(action.instruction).actions)
    return any(
        each.command.name in (".", "source")
        and each.command.words[1:]
        and stage.absolute(each.command.words[1], each.instruction) == f"{path}/bin/activate"
        for each in before
    )


def _settings(stage: FinalStage, before: Instruction) -> Iterator[tuple[str, str]]:
    """The ENV in front of an instruction."""
    for item in takewhile(lambda one: one != before, stage.inherited):
        if item.keyword == "ENV":
            for name, value in raw_pairs(item):
                yield name, stage.expanded((value or "").strip("\"'"))


def locked_place(fact: ProjectInstall, stage: FinalStage, action: Action) -> str:
    """The folder of the environment that a tool makes or takes; empty when it is not known."""
    setting = Setting(
        environment=stage.environment,
        folder=stage.folder_of(action).rstrip("/"),
        text=" ".join(run.script.text for run in stage.runs),
        words=frozenset(option.name for option in fact.options.options),
    )
    return OF_PROJECTS[fact.tool].place(setting)


def is_made_for(stage: FinalStage, action: Action, installation: Action) -> bool:
    """Whether a command makes the environment that a tool fills, as a build stage would make it."""
    fact, filled = action.fact, installation.fact
    if not isinstance(fact, VirtualEnvironment) or not isinstance(filled, ProjectInstall):
        return False
    place = stage.absolute(fact.path, action.instruction)
    alike = fact.seeded != OF_PROJECTS[filled.tool].makes and not fact.system_packages
    plain = alike and not lifted_run(action.instruction).moves and _is_plain(stage, action)
    return plain and place == locked_place(filled, stage, installation)


def holds_tool(stage: FinalStage, action: Action) -> bool:
    """Whether a command makes an environment into which nothing but installers is put, by path."""
    fact = action.fact
    if not isinstance(fact, VirtualEnvironment):
        return False
    programs = f"{stage.absolute(fact.path, action.instruction)}/bin"
    called = [each for each in stage.actions if _folder(stage, each) == programs]
    put = [each for each in called if isinstance(each.fact, PipInstall)]
    return bool(put) and not any(map(_brings, put))


def is_of_tool(stage: FinalStage, action: Action, installations: Sequence[Action]) -> bool:
    """Whether a command makes the environment that a tool fills, or the one that it is in."""
    filled = all(is_made_for(stage, action, each) for each in installations)
    return filled or holds_tool(stage, action)


def _folder(stage: FinalStage, action: Action) -> str:
    """The folder of the program that a command calls by its path; empty without one."""
    folder = posixpath.dirname("".join(action.command.words[:1]))
    return stage.absolute(folder, action.instruction) if folder else ""


def beside_tool(stage: FinalStage) -> tuple[Action, ...]:
    """The installations by pip beside a tool's that bring more than installers."""
    found = stage.of_kind(ActionKind.PYTHON)
    return tuple(one for one in found if not isinstance(one.fact, PipInstall) or _brings(one))


def is_apart(stage: FinalStage, action: Action, installation: Action) -> bool:
    """Whether an installation goes into the system beside the environment that uv makes.

    That has no pip: also where PATH leads to it first, the pip of the system is found.
    """
    fact, filled = action.fact, installation.fact
    if not isinstance(filled, ProjectInstall) or filled.tool != UV.name:
        return False
    place = locked_place(filled, stage, installation)
    path = [stage.environment.get("VIRTUAL_ENV", ""), *stage.environment.get("PATH", "").split(":")]
    found = any(is_within(posixpath.normpath(one), place) for one in path if one)
    if place == SYSTEM or found or not isinstance(fact, PipInstall):
        return False
    program = "".join(action.command.words[:1])
    to_system = fact.options.has("--system") if fact.by_uv else program in PIPS
    return to_system and not lifted_run(action.instruction).moves and not _activates(action)


def repeated_beside(action: Action) -> tuple[str, ...]:
    """Give what ``pip install`` names where a build stage can repeat it; empty where it cannot."""
    fact, command = action.fact, action.command
    if not isinstance(fact, PipInstall) or fact.by_uv or command.assignments:
        return ()
    run = lifted_run(action.instruction)
    named = [word for word in fact.requirements if not is_installer(word)]
    elsewhere = fact.requirement_files or fact.constraint_files or fact.editable or fact.groups
    plain = all(word.literal and _NAME.match(word.text) for word in named)
    options = {option.name for option in fact.options.options} <= _UNCACHED
    by_path = command.words[0] in PIPS and not mounts(action.instruction)
    if elsewhere or fact.target or fact.user or run.moves or not run.gives(action):
        return ()
    return tuple(word.text for word in named) if plain and options and by_path else ()


def _activates(action: Action) -> bool:
    run = lifted_run(action.instruction)
    return any(each.command.name in (".", "source") for each in run.actions)


def copies_from_cache(stage: FinalStage, run: LiftedRun, fact: ProjectInstall) -> bool:
    """Whether uv leaves a second copy of what it installs in its cache; links share their bytes."""
    said = stage.environment.get
    off = said("UV_NO_CACHE", "").lower() not in ("", *FALSE) or fact.options.has(
        "--no-cache", "-n"
    )
    mounted = any(is_within(each.target or "", "/root/.cache") for each in mounts(run.instruction))
    return fact.tool == UV.name and said("UV_LINK_MODE") == "copy" and not (off or mounted)


def environments_made(stage: FinalStage, final: FinalStage) -> Iterator[tuple[str, bool]]:
    """Paths of the virtual environments of a stage, with whether pip is put into them.

    Those of stages that the ``final`` one begins with too are in its layers already.
    """
    given = {each.index for each in final.chain}
    own = (item for each in stage.chain if each.index not in given for item in each.instructions)
    for action in actions_in(own):
        fact = action.fact
        if isinstance(fact, VirtualEnvironment):
            yield stage.absolute(fact.path, action.instruction), fact.seeded
        elif isinstance(fact, ProjectInstall):
            place = locked_place(fact, stage, action)
            if place != SYSTEM:
                yield place, False
