"""Split the final stage: another one makes the environment that it copies."""

from __future__ import annotations

import posixpath
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.applications import Commands
from jettison.ecosystems.commands import bytecode_removals, removal
from jettison.formats.dockerfile import Instruction, copy
from jettison.lift import Project, brings_uv
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.installation import Installation, NotMovable
from jettison.lift.locked import LockedInstallation, movable
from jettison.lift.projects import is_declaring
from jettison.lift.stage import FinalStage
from jettison.lower import WIDTH, Edits, comment, edited, ended, line_of
from jettison.lower.locked_stage import (
    anchor,
    base_text,
    build_packages,
    copies_of,
    free_name,
    installer_variables,
    split_locked,
    told_sources,
    without_installing,
    without_owner,
)
from jettison.plan.changes import SplitBuildStage

# Where requirements are installed from.
BUILD = "/build"
# The Python on the path is the base's.
_SETUPTOOLS_OF_BASE = (
    "uv pip install setuptools==$(python -c 'import setuptools; print(setuptools.__version__)')"
)


def split_build_stage(project: Project, stage: FinalStage, change: SplitBuildStage) -> str:
    """Give the Dockerfile with a build stage in front of the final one."""
    found = movable(project, stage, by_pip=change.by_pip)
    if isinstance(found, NotMovable):
        return project.dockerfile.text
    name = free_name(project)
    if isinstance(found, LockedInstallation):
        return split_locked(name, stage, found, change)
    start = stage.first.instructions[0]
    # The owner of an environment is known only where the commands stand.
    unowned = not (found.own and found.own.owner)
    before = anchor(stage, found.actions, change.environment, copies=unowned)
    edits = Edits(
        before={
            line_of(start): f"\n{_build_stage(name, stage, found, change)}\n",
            line_of(before): _copy_environment(name, found, change),
        },
        replaced=_removed(stage, found),
    )
    return edited(project.dockerfile, edits)


def _build_stage(name: str, stage: FinalStage, found: Installation, change: SplitBuildStage) -> str:
    named = " ".join((*_named(found), told_sources(stage, change)))
    parts = [
        comment("The environment is made here; compilers, headers and installers stay here too."),
        f"FROM {base_text(stage)} AS {name}\n",
        *installer_variables(stage, named, ("PIP_",) if found.by_pip else (), uv=not found.by_pip),
        *build_packages(stage, change),
    ]
    parts += [
        "\n",
        *_environment(stage, found, change),
        *_requirements(found),
        *_brought(stage, found),
        *_installations(found),
        *_project(found),
    ]
    return "".join(ended(part) if part != "\n" else part for part in parts if part)


def _environment(stage: FinalStage, found: Installation, change: SplitBuildStage) -> Iterator[str]:
    """What makes the environment, with the installer that fills it."""
    place = change.environment
    if not found.by_pip:
        compiled = "UV_COMPILE_BYTECODE=1 " * change.bytecode
        yield f"ENV VIRTUAL_ENV={place} {compiled}UV_LINK_MODE=copy\n"
        brought = brings_uv(stage.base)
        bringing = "" if brought else f"pip install --no-cache-dir uv=={change.uv} && "
        if change.setuptools:
            yield comment("Newer releases of setuptools have no pkg_resources: the base's stays.")
            yield f"RUN {bringing}uv venv {place} \\\n    && {_SETUPTOOLS_OF_BASE}\n"
        else:
            yield f"RUN {bringing}uv venv {place}\n"
        return
    seeds = f" \\\n    && {place}/bin/pip install --no-cache-dir {' '.join(found.seeds)}"
    yield f"RUN python -m venv {place}{seeds if found.seeds else ''}\n"
    yield f"ENV VIRTUAL_ENV={place} PATH={place}/bin:$PATH\n"


def _lists(found: Installation) -> bool:
    """Whether anything is installed besides the project itself."""
    grouped = any(option.startswith("--group") for option in found.options)
    return grouped or bool(found.requirement_files or found.requirements or found.wheels)


def _named(found: Installation) -> Iterator[str]:
    """What may name variables, in the build stage."""
    yield from (*found.options, *found.requirements)
    yield from (each if isinstance(each, str) else " ".join(each) for each in found.commands)
    if found.project:
        yield from (*found.project_options, *found.project.words)
        yield from (item.text for item in found.project.sources)


def _project(found: Installation) -> Iterator[str]:
    """What installs the project itself, behind its requirements, from the folder where it is."""
    if not found.project:
        return
    yield "\n"
    yield comment("The project itself is installed too, from where the final stage has it.")
    yield f"WORKDIR {found.project.folder}\n"
    yield from (ended(without_owner(item.text)) for item in found.project.sources)
    constraints = (f"-c {posixpath.join(BUILD, path)}" for path in found.constraint_files)
    words = (*found.project_options, *constraints, *map(_quoted, found.project.words))
    yield _installing(words, by_pip=found.by_pip)


def _quoted(word: str) -> str:
    option, space, path = word.partition(" ")
    return f"{option} {shlex.quote(path)}" if space else shlex.quote(word)


def _installations(found: Installation) -> Iterator[str]:
    """The RUN that installs what is required, or one for each command of pip."""
    if found.by_pip:
        for each in found.commands:
            yield each if isinstance(each, str) else _installing(each, by_pip=True)
    elif _lists(found):
        yield _installing(tuple(_words(found)))


def _installing(words: Iterable[str], *, by_pip: bool = False) -> str:
    """A RUN that installs, with its words on lines of their own where one is not enough."""
    head = f"RUN --mount=type=cache,target=/root/.cache/{'pip' if by_pip else 'uv'}"
    program = f"{'' if by_pip else 'uv '}pip install"
    words = list(words)
    line = f"{head} {program} {' '.join(words)}\n"
    if len(line) <= WIDTH:
        return line
    listed = "".join(f" \\\n        {word}" for word in _with_values(words))
    return f"{head} \\\n    {program}{listed}\n"


def _with_values(words: Iterable[str]) -> Iterator[str]:
    """Words, each option with its value."""
    taking = table(Commands).values["pip"]
    before = ""
    for word in words:
        if before:
            yield f"{before} {word}"
            before = ""
        elif word in taking:
            before = word
        else:
            yield word
    yield from filter(None, (before,))


def _words(found: Installation) -> Iterable[str]:
    yield from found.options
    for path in found.constraint_files:
        yield f"-c {path}"
    for path in found.requirement_files:
        yield f"-r {path}"
    yield from (shlex.quote(word) for word in found.requirements)
    yield from found.wheels


def _requirements(found: Installation) -> list[str]:
    """What brings the files that the installation reads, when it reads any."""
    if not found.files:
        return []
    text = "Requirements before the source: a change of code does not install them again."
    return [f"WORKDIR {BUILD}\n", "\n", comment(text), *copies_of(found.files)]


def _brought(stage: FinalStage, found: Installation) -> Iterator[str]:
    """What other stages make for the installation, at the paths that it has in the final stage."""
    for item in found.brought:
        copied = copy(item)
        into = stage.absolute(copied.destination, item)
        slash = "/" if copied.destination.endswith(("/", ".")) or len(copied.sources) > 1 else ""
        sources = " ".join(stage.expanded(source) for source in copied.sources)
        yield f"COPY --from={copied.stage} {sources} {into}{slash}\n"


def _copy_environment(name: str, found: Installation, change: SplitBuildStage) -> str:
    owner = f"--chown={found.own.owner} " if found.own and found.own.owner else ""
    copied = f"COPY --from={name} {owner}{change.environment} {change.environment}\n"
    # An environment of their own is called by what the Dockerfile says already.
    found_by = "" if found.own else f"ENV PATH={change.environment}/bin:$PATH\n"
    return f"{copied}{found_by}{_links(change)}\n"


def _links(change: SplitBuildStage) -> str:
    """What lets scripts find programs where the base had them."""
    if not change.linked:
        return ""
    steps = " \\\n    && ".join(
        f"ln -s {change.environment}/bin/{name} /usr/local/bin/{name}" for name in change.linked
    )
    why = comment("Scripts name these programs by the path that they had in the base.")
    return f"{why}RUN {steps}\n"


def _copies_of_requirements(stage: FinalStage, found: Installation) -> tuple[Instruction, ...]:
    """The COPY instructions that bring nothing but files which the installation reads.

    A folder of requirements counts as such when a later copy of everything brings it again. What
    another stage makes for it alone counts where no other step names it.
    """
    wanted = set(found.files)
    folders = {posixpath.dirname(file) for file in wanted} - {""}
    own = [(item, copied) for item, copied in stage.copies if copied.stage is None]
    again = any(set(copied.sources) & {".", "./"} for _, copied in own)
    # What declares the project may be read when it runs: its version, the settings of its tools.
    names = wanted | folders if again else {file for file in wanted if not is_declaring(file)}
    read = _named_by_other_steps(stage)
    given = ((item, copied) for item, copied in stage.copies if item in found.brought)
    brought = [
        item
        for item, copied in given
        if not read
        & {posixpath.basename(each) for each in (*copied.sources, copied.destination.rstrip("/"))}
    ]
    lists = (
        item
        for item, copied in own
        if copied.sources
        and all(posixpath.normpath(source.lstrip("/")) in names for source in copied.sources)
        and not copied.documents
        and (again or not read & {posixpath.basename(source) for source in copied.sources})
    )
    return (*brought, *lists)


def _named_by_other_steps(stage: FinalStage) -> frozenset[str]:
    """The last parts of all words of steps that stay, but for those that remove files."""
    return frozenset(
        posixpath.basename(word)
        for action in stage.actions
        if action.kind not in (ActionKind.PYTHON, ActionKind.CLEANUP)
        for word in action.command.words
    )


def _removed(stage: FinalStage, found: Installation) -> dict[int, str]:
    """What leaves the final stage: the installation and the files that only it reads."""
    copies = _copies_of_requirements(stage, found)
    gone = frozenset(path for item in copies for path in _targets(stage, item))
    replaced = {line_of(item): "" for item in copies}
    installs = defaultdict[int, list[Action]](list)
    for action in found.actions:
        installs[id(action.instruction)].append(action)
    for run in stage.runs:
        text = _without_installation(
            stage, run, gone, installs[id(run.instruction)], by_pip=found.by_pip
        )
        if text is not None:
            replaced[line_of(run.instruction)] = text
    return replaced


def _targets(stage: FinalStage, item: Instruction) -> Iterator[str]:
    """The paths in the image that a copied file may have."""
    copied = copy(item)
    into = stage.absolute(copied.destination, item)
    yield into
    for source in copied.sources:
        yield posixpath.join(into, posixpath.basename(source))


def _without_installation(
    stage: FinalStage,
    run: LiftedRun,
    gone: frozenset[str],
    installs: list[Action],
    *,
    by_pip: bool,
) -> str | None:
    """The RUN without its pip commands, and what removes what is not there; None without any."""
    if by_pip and not all(map(run.gives, installs)):
        return ""
    absent = bytecode_removals([action.command for action in run.actions]) if installs else ()
    commands = [
        action.command
        for action in run.actions
        if action in installs
        or action.command in absent
        or (run.gives(action) and _removes(stage, action, gone))
    ]
    return without_installing(run, commands) if commands else None


def _removes(stage: FinalStage, action: Action, gone: frozenset[str]) -> bool:
    removed = removal(action.command)
    paths = removed.paths if removed else ()
    return bool(paths) and {stage.absolute(path, action.instruction) for path in paths} <= gone
