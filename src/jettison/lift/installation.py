"""How pip makes the environment of the final stage, and why it cannot move to a build stage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from itertools import chain

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.finding import PYPROJECT
from jettison.ecosystems.uv import git_line, needs_folder
from jettison.formats.dockerfile import Instruction
from jettison.formats.requirements import RequirementLine, is_for_pip_alone
from jettison.formats.shell.words import Word
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, actions_in, is_installer
from jettison.lift.build_context import context_path, list_from
from jettison.lift.declared import LINKS, wheels_elsewhere
from jettison.lift.installation_obstacles import (
    commands_of,
    is_of_project,
    obstacle_at,
    obstacles,
)
from jettison.lift.own_environment import OwnEnvironment, own_environment
from jettison.lift.projects import is_declaring
from jettison.lift.repeated_commands import (
    OwnProject,
    is_repeatable,
    local_words,
    own_project,
    repeated,
    seeds,
)
from jettison.lift.stage import FinalStage
from jettison.lift.stages import INSTALLING
from jettison.values import Evidence, Origin


class Installation(Struct, frozen=True, kw_only=True):
    """The commands that install requirements, with all that a build stage needs to repeat them.

    ``requirement_files`` and ``constraint_files`` are those that the commands name and ``files``
    all that are read, relative to the context; ``requirements`` are words of the commands
    themselves; ``options`` are in uv's spelling. ``wheels`` are paths of wheels that another stage
    makes, and ``brought`` what brings those and its lists. ``version_control`` is where the first
    requirement stands that is fetched with git. ``own`` is the environment that they fill, where
    the stage makes one, and ``project`` is set where the project itself is installed too, by the
    ``project_options``. ``commands`` are the words behind each ``pip install`` where pip itself has
    to install, or the text of a RUN with a condition, in an environment that has the ``seeds``
    first; uv takes all at once.
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
    own: OwnEnvironment | None = None
    project: OwnProject | None = None
    project_options: tuple[str, ...] = ()
    by_pip: bool = False
    commands: tuple[tuple[str, ...] | str, ...] = ()
    seeds: tuple[str, ...] = ()

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin

    @property
    def replaces_pip(self) -> bool:
        """Whether uv is to install what pip installs as it stands."""
        return not self.by_pip and not any(fact.by_uv for _, fact in commands_of(self.actions))


class NotMovable(Struct, frozen=True, kw_only=True):
    """Why the installation stays where it is; an empty reason: there is nothing to move."""

    evidence: Evidence | None


def installation_of(
    project: Project, stage: FinalStage, *, by_pip: bool = False
) -> Installation | NotMovable:
    """Find the installation by pip in the final stage, which pip or else uv is to repeat."""
    actions = stage.of_kind(ActionKind.PYTHON)
    own = own_environment(stage)
    locked = [a for a in stage.of_kind(*INSTALLING[1:]) if not own or a is not own.action]
    if locked:
        return _stays(locked[0].origin, f"the environment is made by `{locked[0].text[:60]}`")
    if not actions or stage.tag is None:
        return NotMovable(
            evidence=None if actions or any(c.stage for _, c in stage.copies) else _below(stage)
        )
    actions = (own.action, *actions) if own else actions
    found = _installed(project, stage, actions, own, by_pip=by_pip)
    by_uv = any(fact.by_uv for _, fact in commands_of(actions))
    if isinstance(found, NotMovable) and found.evidence and not (by_uv or by_pip):
        again = _installed(project, stage, actions, own, by_pip=True)
        return again if isinstance(again, Installation) or again.evidence else found
    return found


def _below(stage: FinalStage) -> Evidence | None:
    """What installs in a stage below that others need as well; None where nothing does."""
    for action in actions_in(stage.below):
        if action.kind in INSTALLING and stage.tag is not None:
            named = stage.chain[-len(stage.own) - 1].name
            reason = f"requirements are installed in {named}, which other stages need too"
            return obstacle_at(action.origin, reason)
    return None


def _installed(
    project: Project,
    stage: FinalStage,
    actions: tuple[Action, ...],
    own: OwnEnvironment | None,
    *,
    by_pip: bool,
) -> Installation | NotMovable:
    """What uv installs in a build stage, or pip where uv would do something else."""
    itself = own_project(project, stage, commands_of(actions), by_pip=by_pip)
    found = next(obstacles(project, stage, actions, by_pip=by_pip), None)
    found = itself if isinstance(itself, Evidence) and not found else found
    if found or isinstance(itself, Evidence):
        return NotMovable(evidence=found)
    return _collected(project, stage, actions, own, itself, by_pip=by_pip)


class _NamedFiles(Struct):
    """Files that the commands name, as they are called in the context or in the stage.

    ``read`` are those of the context, and ``brought`` what brings the others from other stages.
    ``paths`` are those of commands, with the file of the context that each means.
    """

    lists: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    grouped: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    brought: list[Instruction] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)


def _named_files(
    project: Project,
    stage: FinalStage,
    commands: Iterable[tuple[Instruction, PipInstall]],
    *,
    by_pip: bool,
) -> _NamedFiles | NotMovable:
    found = _NamedFiles()
    for step, fact in commands:
        of_groups = tuple(group.rpartition(":")[0] or PYPROJECT for group in fact.groups)
        for paths, sources in (
            (fact.requirement_files, found.lists),
            (fact.constraint_files, found.constraints),
            (of_groups, found.grouped),
        ):
            for path in paths:
                source = context_path(project, stage, step, path)
                if source is None and (item := list_from(project, stage, step, path)):
                    found.brought.append(item)
                    sources.append(stage.absolute(path, step))
                    continue
                reason = _unreadable(project, fact, path, source, by_pip=by_pip)
                if source is None or reason:
                    return _stays(fact.origin, reason)
                sources.append(source)
                found.read.append(source)
                found.paths[path] = source
    return found


def _bound_to_its_place(
    stage: FinalStage, lines: list[RequirementLine], words: Iterable[Word], *, by_pip: bool
) -> NotMovable | None:
    """Find a requirement that means something in the final stage alone."""
    local = next((line for line in lines if line.editable or line.path), None)
    if local is not None:
        kind = "a folder of the project" if local.path else "installed as editable source"
        return _stays(local.origin, f"a requirement is {kind}")
    unknown = (word for word in words if not (by_pip and is_repeatable(stage, word)))
    variable = next((word for word in unknown if not word.literal), None)
    if variable is not None:
        return _stays(variable.origin, f"`{variable.text}` is known only while building")
    return None if by_pip else _pinned_twice(lines)


def _pinned_twice(lines: Iterable[RequirementLine]) -> NotMovable | None:
    """Find a version that a later command puts in place of another, which uv would not."""
    pins: dict[str, str] = {}
    for line in lines:
        if line.specifier.startswith("==") and not line.marker:
            first = pins.setdefault(line.name, line.specifier)
            if line.specifier != first:
                return _stays(line.origin, f"{line.name}{first} is replaced by {line.specifier}")
    return None


def _collected(
    project: Project,
    stage: FinalStage,
    actions: tuple[Action, ...],
    own: OwnEnvironment | None,
    itself: OwnProject | None,
    *,
    by_pip: bool,
) -> Installation | NotMovable:
    commands = commands_of(actions)
    wheels, brought = wheels_elsewhere(project, stage, commands)
    found = _named_files(project, stage, commands, by_pip=by_pip)
    if isinstance(found, NotMovable):
        return found
    declaring = [path for path in found.read if is_declaring(path)]
    if len(set(declaring)) > 1:
        return _stays(actions[0].origin, "several projects are installed")
    plain = (path for path in found.read if not is_declaring(path))
    lists = [each for path in plain for each in project.requirements_file(path)]
    lines = [line for file in lists for line in file.requirements]
    named = [word for _, fact in commands for word in fact.requirements if not is_installer(word)]
    folders = itself.words if itself else ()
    words = [word for word in named if word.text not in wheels and word.text not in folders]
    if bound := _bound_to_its_place(stage, lines, words, by_pip=by_pip):
        return bound
    if not found.lists and not found.grouped and not words and not wheels and not itself:
        return NotMovable(evidence=None)
    listed = [(step, fact) for step, fact in commands if not is_of_project(fact)]
    built = [(step, fact) for step, fact in commands if local_words(fact)]
    by_git = chain(
        (line.origin for line in lines if line.url.startswith("git+")),
        (word.origin for word in words if "git+" in word.text),
        (git_line(project.texts[project.in_context(path)], path) for path in declaring),
    )
    return Installation(
        actions=actions,
        requirement_files=_unique(found.lists),
        constraint_files=_unique(found.constraints),
        requirements=_unique(word.text for word in words),
        options=(*_unique_options(stage, listed), *_groups(commands, found.grouped)),
        wheels=_unique(wheels.values()),
        brought=tuple({item.origin: item for item in (*brought, *found.brought)}.values()),
        files=_unique((*declaring, *(file.file.removeprefix(project.prefix) for file in lists))),
        version_control=next(filter(None, by_git), None),
        own=own,
        project=itself,
        project_options=_unique_options(stage, built),
        by_pip=by_pip,
        commands=tuple(filter(None, (repeated(stage, a, found.paths, wheels) for a in actions)))
        if by_pip
        else (),
        seeds=seeds(stage) if by_pip else (),
    )


def _unreadable(
    project: Project, fact: PipInstall, path: str, source: str | None, *, by_pip: bool
) -> str:
    """Why a build stage cannot install what a file lists; empty when it can."""
    if source is None:
        return f"{path} is not a readable file of the build context"
    if source in project.utf_16 and not by_pip:
        return f"{path} is UTF-16, which uv does not read"
    if not is_declaring(source):
        own = not by_pip and is_for_pip_alone(project.texts.get(project.in_context(source), ""))
        return f"{path} has a line that pip reads and uv does not" if own else ""
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


def _unique_options(
    stage: FinalStage, commands: Iterable[tuple[Instruction, PipInstall]]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    known = table(Tools).pip
    for step, option in ((step, each) for step, fact in commands for each in fact.options.options):
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
