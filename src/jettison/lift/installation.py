"""How the final stage makes its Python environment, when that can move to a build stage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from msgspec import Struct

from jettison.catalogue.reader import table
from jettison.facts import Project
from jettison.lift.action import Action, ActionKind
from jettison.lift.context import context_path
from jettison.lift.obstacles import obstacle_at, obstacles
from jettison.lift.projects import is_declaring
from jettison.lift.stage import FinalStage
from jettison.project.commands import PipInstall
from jettison.project.dockerfile import Instruction
from jettison.project.requirements import RequirementsFile
from jettison.project.shell import Word
from jettison.values import Evidence, Origin

INSTALLERS = frozenset(
    {"pip", "setuptools", "wheel", "uv", "pip-tools", "build", "poetry", "pipenv", "pdm"}
) | {name for tool in ("poetry", "pipenv") for name in table("locked_tools")[tool]["with_tool"]}


class Installation(Struct, frozen=True, kw_only=True):
    """The commands that install requirements, with all that a build stage needs to repeat them.

    ``requirement_files`` and ``constraint_files`` are those that the commands name and ``files``
    all that are read, relative to the context; ``requirements`` are words of the commands
    themselves; ``options`` are in uv's spelling. ``version_control`` is where the first requirement
    stands that is fetched with git.
    """

    actions: tuple[Action, ...]
    requirement_files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    requirements: tuple[str, ...]
    options: tuple[str, ...]
    files: tuple[str, ...]
    version_control: Origin | None

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
    obstacle = next(obstacles(stage, actions), None)
    if obstacle is not None:
        return NotMovable(evidence=obstacle)
    facts = [action.fact for action in actions if isinstance(action.fact, PipInstall)]
    return _collected(project, stage, actions, facts)


def _collected(
    project: Project, stage: FinalStage, actions: tuple[Action, ...], facts: list[PipInstall]
) -> Installation | NotMovable:
    requirement_files: list[str] = []
    constraint_files: list[str] = []
    read: list[RequirementsFile] = []
    for step, fact in ((a.instruction, a.fact) for a in actions if isinstance(a.fact, PipInstall)):
        for paths, sources in (
            (fact.requirement_files, requirement_files),
            (fact.constraint_files, constraint_files),
        ):
            for path in paths:
                source = context_path(project, stage, step, path)
                if source is None:
                    return _stays(fact.origin, f"{path} is not a file of the build context")
                if is_declaring(source):
                    return _stays(fact.origin, f"{path} is no requirements file")
                sources.append(source)
                read += project.requirements_file(source)
    lines = [line for file in read for line in file.requirements]
    local = next((line for line in lines if line.editable or line.path), None)
    if local is not None:
        return _stays(local.origin, "a requirement is a folder of the project")
    words = [word for fact in facts for word in fact.requirements if not is_installer(word)]
    variable = next((word for word in words if not word.literal), None)
    if variable is not None:
        return _stays(variable.origin, f"`{variable.text}` is known only while building")
    if not requirement_files and not words:
        return NotMovable(evidence=None)
    prefix = f"{project.context}/" if project.context else ""
    return Installation(
        actions=actions,
        requirement_files=_unique(requirement_files),
        constraint_files=_unique(constraint_files),
        requirements=_unique(word.text for word in words),
        options=_unique_options(facts),
        files=_unique(file.file.removeprefix(prefix) for file in read),
        version_control=next(
            (line.origin for line in lines if line.url.startswith("git+")),
            next((word.origin for word in words if "git+" in word.text), None),
        ),
    )


def copies_of_requirements(stage: FinalStage, found: Installation) -> tuple[Instruction, ...]:
    """The COPY instructions that bring nothing but files which the installation reads.

    A folder of requirements counts as such when a later copy of everything brings it again.
    """
    wanted = set(found.files)
    folders = {posixpath.dirname(file) for file in wanted} - {""}
    own = [(item, copied) for item, copied in stage.copies if copied.stage is None]
    again = any(set(copied.sources) & {".", "./"} for _, copied in own)
    names = wanted | folders if again else wanted
    read = _named_by_other_steps(stage)
    return tuple(
        item
        for item, copied in own
        if copied.sources
        and all(posixpath.normpath(source.lstrip("/")) in names for source in copied.sources)
        and not copied.documents
        and (again or not read & {posixpath.basename(source) for source in copied.sources})
    )


def _named_by_other_steps(stage: FinalStage) -> frozenset[str]:
    """The last parts of all words of steps that stay, but for those that remove files."""
    return frozenset(
        posixpath.basename(word)
        for action in stage.actions
        if action.kind not in (ActionKind.PYTHON, ActionKind.CLEANUP)
        for word in action.command.words
    )


def is_installer(word: Word) -> bool:
    """Whether a requirement is pip or another installer itself."""
    name = word.text.partition("=")[0].partition("<")[0].partition(">")[0].partition("[")[0]
    return name.strip().lower() in INSTALLERS


def _unique_options(facts: list[PipInstall]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    known = table("tools")["pip"]
    for option in (each for fact in facts for each in fact.options.options):
        if option.name in known["valued"]:
            found.setdefault(f"{option.name} {option.value}")
        elif option.name in known["flags"]:
            found.setdefault(option.name)
    if any(option.startswith("--extra-index-url") for option in found):
        # pip takes the best version of all indexes, uv by default the first index that has one.
        found.setdefault("--index-strategy unsafe-best-match")
    return tuple(found)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _stays(origin: Origin, reason: str) -> NotMovable:
    return NotMovable(evidence=obstacle_at(origin, reason))
