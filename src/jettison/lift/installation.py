"""How pip makes the environment of the final stage, and why it cannot move to a build stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.uv import git_line, needs_folder
from jettison.formats.dockerfile import Instruction, mounts
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, is_installer, lifted_run
from jettison.lift.build_context import context_path, list_from
from jettison.lift.declared import LINKS, wheels_elsewhere, wheels_from
from jettison.lift.projects import PYPROJECT, is_declaring
from jettison.lift.stage import FinalStage
from jettison.lift.stages import stages_on, steering_pip
from jettison.values import Evidence, Origin

# Where the environment of the official images is; scripts that name it would miss it.
OLD_PATHS = ("/usr/local/bin/", "/usr/local/lib/python")
# A requirement that is a file or a folder, by its place or by the end of its name.
FILE = re.compile(r"^[./]|^[^\s@]*\.(whl|zip|tar\.gz|tgz|tar\.bz2)$")
# Steps that call the pip of the environment, which one made by uv does not have.
NEEDS_PIP = re.compile(r"\bspacy(\.cli)?\s+download\b|-m\s+pip\s|-m\s+ensurepip\b")
# spaCy's own download is an installation of a wheel.
MODEL = "a requirement with the address of the model's wheel can move"
INSTALLING = (ActionKind.PYTHON, ActionKind.LOCKED, ActionKind.ENVIRONMENT)


def obstacles(project: Project, stage: FinalStage, actions: Iterable[Action]) -> Iterator[Evidence]:
    """Everything that keeps the installing ``actions`` in the stage."""
    yield from _too_old(stage)
    yield from _other_users(stage)
    for name, origin in steering_pip(stage):
        yield obstacle_at(origin, f"{name} decides what pip installs, and uv does not read it")
    for action in actions:
        run = next(run for run in stage.runs if run.instruction is action.instruction)
        if not run.editable:
            yield obstacle_at(run.instruction.origin, "the installation is part of a shell script")
        if isinstance(action.fact, PipInstall):
            unknown = _unknown_to_uv(project, stage, action.instruction, action.fact)
            for reason in (*unknown, *_surroundings(stage, action)):
                yield obstacle_at(action.origin, reason)
    facts = [fact for _, fact in _commands(actions)]
    for option in _differing(facts):
        yield obstacle_at(facts[0].origin, f"{option} holds for one of several installations")


def obstacle_at(origin: Origin, reason: str) -> Evidence:
    """The evidence for one obstacle."""
    return Evidence(kind="installation", message=reason, origin=origin)


def _too_old(stage: FinalStage) -> Iterator[Evidence]:
    """Versions of Python that the installer of the build stage does not run on."""
    minor = tuple(int(part) for part in (stage.python or "").split(".") if part.isdecimal())
    oldest = tuple(table(Tools).uv.oldest_python)
    if minor and minor < oldest:
        reason = f"uv needs Python {'.'.join(str(part) for part in oldest)} or newer"
        yield Evidence(kind="base", message=reason, origin=stage.stage.origin)


def _other_users(stage: FinalStage) -> Iterator[Evidence]:
    """What else in the stage needs the environment of the base image."""
    for item in stage.triggers:
        yield obstacle_at(item.origin, "images that are built on this one use it")
    for item in stage.inherited[: len(stage.inherited) - len(stage.instructions)]:
        if item.keyword == "RUN" and _installs(item):
            yield obstacle_at(item.origin, "an earlier stage installs requirements too")
    for item in (item for each in stages_on(stage) for item in each.instructions):
        if item.keyword == "RUN" and _installs(item):
            yield obstacle_at(item.origin, "a stage that is built on this one installs too")
    for item, copied in stage.copies:
        # the project's own scripts are found beside any environment
        paths = OLD_PATHS if copied.stage is not None else OLD_PATHS[1:]
        if copied.destination.startswith(paths):
            yield obstacle_at(item.origin, "files are copied into the base's environment")
    for action in stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION):
        if NEEDS_PIP.search(action.text):
            text = " ".join(action.text.split())
            instead = f"; {MODEL}" if "spacy" in text else ""
            yield obstacle_at(action.origin, f"`{text[:60]}` installs with pip{instead}")


def _installs(item: Instruction) -> bool:
    actions = lifted_run(item).actions
    return any(a.kind in INSTALLING or NEEDS_PIP.search(a.text) for a in actions)


def _unknown_to_uv(
    project: Project, stage: FinalStage, step: Instruction, fact: PipInstall
) -> Iterator[str]:
    own = [word.text for word in fact.requirements if FILE.search(word.text)]
    local = [word for word in own if not wheels_from(project, stage, step, word)]
    if fact.editable or local:
        yield f"`{[*local, '.'][0]}` is installed, which is not a list of requirements"
    for named in own:
        name = posixpath.basename(named)
        users = (action for action in stage.actions if name in action.text and not _clears(action))
        if any(not isinstance(action.fact, PipInstall) for action in users):
            yield f"another command needs {name} too"
    if fact.target or fact.user:
        yield "the requirements go to a folder of their own"
    if fact.groups and not fact.by_uv:
        yield "dependency groups are installed"
    for option in fact.options.every(*LINKS):
        value = option.value or ""
        if value and "://" not in value and not wheels_from(project, stage, step, f"{value}/*"):
            yield f"distributions come from {option.value}, which another step fills"
    known = table(Tools).pip
    names = {*known.valued, *known.flags, *known.without_effect, *known.files}
    for option in fact.options.options:
        if option.name not in names:
            yield f"the option {option.name} is not known to uv"


def _clears(action: Action) -> bool:
    """Whether a command removes files that may be there."""
    words = action.command.words
    return words[:1] == ("rm",) and any(word.startswith("-") and "f" in word for word in words[1:])


def _surroundings(stage: FinalStage, action: Action) -> Iterator[str]:
    """What else an installation depends on, and would miss in another stage."""
    if any(mount.type in ("secret", "ssh") for mount in mounts(action.instruction)):
        yield "a secret is mounted for it"
    if action.command.assignments:
        yield "variables are set for it alone"
    program = action.command.words[0] if action.command.words else ""
    if stage.has_copied_environment(program, action.origin):
        yield "it adds to an environment that is copied from another stage"
    run = next(run for run in stage.runs if run.instruction is action.instruction)
    if run.moves:
        yield "the script changes folder or environment"
    for _, copied in stage.copies:
        if copied.destination.endswith(tuple(table(Tools).pip.configuration)):
            yield f"{copied.destination} is read by pip alone"


class Installation(Struct, frozen=True, kw_only=True):
    """The commands that install requirements, with all that a build stage needs to repeat them.

    ``requirement_files`` and ``constraint_files`` are those that the commands name and ``files``
    all that are read, relative to the context; ``requirements`` are words of the commands
    themselves; ``options`` are in uv's spelling. ``wheels`` are paths of wheels that another stage
    makes, and ``brought`` what brings those and its lists. ``version_control`` is where the first
    requirement stands that is fetched with git.
    """

    actions: tuple[Action, ...]
    requirement_files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    requirements: tuple[str, ...]
    options: tuple[str, ...]
    files: tuple[str, ...]
    version_control: Origin | None
    wheels: tuple[str, ...] = ()
    brought: tuple[Instruction, ...] = ()

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin


class NotMovable(Struct, frozen=True, kw_only=True):
    """Why the installation stays where it is; an empty reason: there is nothing to move."""

    evidence: Evidence | None


def installation_of(project: Project, stage: FinalStage) -> Installation | NotMovable:
    """Find the installation by pip in the final stage."""
    actions = stage.of_kind(ActionKind.PYTHON)
    locked = stage.of_kind(ActionKind.LOCKED, ActionKind.ENVIRONMENT)
    if locked:
        return _stays(locked[0].origin, f"the environment is made by `{locked[0].text[:60]}`")
    if not actions or stage.tag is None:
        return NotMovable(evidence=None)
    found = next(obstacles(project, stage, actions), None)
    return NotMovable(evidence=found) if found else _collected(project, stage, actions)


def _collected(
    project: Project, stage: FinalStage, actions: tuple[Action, ...]
) -> Installation | NotMovable:
    commands = _commands(actions)
    wheels, brought = wheels_elsewhere(project, stage, commands)
    requirement_files: list[str] = []
    constraint_files: list[str] = []
    grouped: list[str] = []
    read: list[str] = []
    for step, fact in commands:
        of_groups = tuple(group.rpartition(":")[0] or PYPROJECT for group in fact.groups)
        for paths, sources in (
            (fact.requirement_files, requirement_files),
            (fact.constraint_files, constraint_files),
            (of_groups, grouped),
        ):
            for path in paths:
                source = context_path(project, stage, step, path)
                if source is None and (item := list_from(project, stage, step, path)):
                    brought.append(item)
                    sources.append(stage.absolute(path, step))
                    continue
                reason = _unreadable(project, fact, path, source)
                if source is None or reason:
                    return _stays(fact.origin, reason)
                sources.append(source)
                read.append(source)
    lists = [
        each for path in read if not is_declaring(path) for each in project.requirements_file(path)
    ]
    declaring = [path for path in read if is_declaring(path)]
    if len(set(declaring)) > 1:
        return _stays(actions[0].origin, "several projects are installed")
    lines = [line for file in lists for line in file.requirements]
    local = next((line for line in lines if line.editable or line.path), None)
    if local is not None:
        kind = "a folder of the project" if local.path else "installed as editable source"
        return _stays(local.origin, f"a requirement is {kind}")
    named = [word for _, fact in commands for word in fact.requirements if not is_installer(word)]
    words = [word for word in named if word.text not in wheels]
    variable = next((word for word in words if not word.literal), None)
    if variable is not None:
        return _stays(variable.origin, f"`{variable.text}` is known only while building")
    if not requirement_files and not grouped and not words and not wheels:
        return NotMovable(evidence=None)
    prefix = f"{project.context}/" if project.context else ""
    by_git = chain(
        (line.origin for line in lines if line.url.startswith("git+")),
        (word.origin for word in words if "git+" in word.text),
        (git_line(project.texts[project.in_context(path)], path) for path in declaring),
    )
    return Installation(
        actions=actions,
        requirement_files=_unique(requirement_files),
        constraint_files=_unique(constraint_files),
        requirements=_unique(word.text for word in words),
        options=(*_unique_options(stage, actions), *_groups(commands, grouped)),
        wheels=_unique(wheels.values()),
        brought=tuple({item.origin: item for item in brought}.values()),
        files=_unique((*declaring, *(file.file.removeprefix(prefix) for file in lists))),
        version_control=next(filter(None, by_git), None),
    )


def _unreadable(project: Project, fact: PipInstall, path: str, source: str | None) -> str:
    """Why a build stage cannot install what a file lists; empty when it can."""
    if source is None:
        return f"{path} is not a readable file of the build context"
    if source in project.utf_16:
        return f"{path} is UTF-16, which uv does not read"
    if not is_declaring(source):
        return ""
    if not source.endswith(PYPROJECT) or not fact.by_uv:
        return f"{path} is no requirements file"
    if project.in_context(posixpath.join(posixpath.dirname(source), "uv.toml")) in project.files:
        return "uv.toml steers the installation"
    return needs_folder(project.texts[project.in_context(source)], source)


def _groups(
    commands: Iterable[tuple[Instruction, PipInstall]], files: Iterable[str]
) -> tuple[str, ...]:
    """The options that name dependency groups, each with its file where that is not beside."""
    names = (group.rpartition(":")[2] for _, fact in commands for group in fact.groups)
    pairs = zip(names, files, strict=True)
    return _unique(
        f"--group {name if file == PYPROJECT else f'{file}:{name}'}" for name, file in pairs
    )


def _commands(actions: Iterable[Action]) -> list[tuple[Instruction, PipInstall]]:
    return [(a.instruction, a.fact) for a in actions if isinstance(a.fact, PipInstall)]


def _differing(facts: list[PipInstall]) -> list[str]:
    """The options of some installations alone, which one command would give to all."""
    known = (*table(Tools).pip.flags, *LINKS)
    own: list[set[str]] = [
        {option.name for option in fact.options.options if option.name in known}
        for fact in facts
        if fact.requirement_files or not all(map(is_installer, fact.requirements))
    ]
    every = [name for names in own for name in names]
    return sorted(name for name in set(every) if every.count(name) < len(own))


def _unique_options(stage: FinalStage, actions: tuple[Action, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    known = table(Tools).pip
    for step, option in (
        (step, each) for step, fact in _commands(actions) for each in fact.options.options
    ):
        if option.name in LINKS and "://" not in (option.value or ""):
            found.setdefault(f"--find-links {stage.absolute(option.value or '.', step)}")
        elif option.name in known.valued:
            found.setdefault(f"{option.name} {option.value}")
        elif option.name in known.flags:
            found.setdefault(option.name)
    if any(option.startswith("--extra-index-url") for option in found):
        # pip takes the best version of all indexes, uv by default the first index that has one.
        found.setdefault("--index-strategy unsafe-best-match")
    return tuple(found)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _stays(origin: Origin, reason: str) -> NotMovable:
    return NotMovable(evidence=obstacle_at(origin, reason))
