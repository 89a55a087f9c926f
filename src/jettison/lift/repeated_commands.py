"""What a build stage repeats of the installations by pip: their words, and the project itself."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile, takewhile

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems import TOOLS
from jettison.ecosystems.commands import PipInstall, ProjectInstall
from jettison.ecosystems.pip import DECLARING
from jettison.formats.dockerfile import COPIES, Instruction, mounts, raw_pairs
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import replacing_words
from jettison.formats.shell.words import Word
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, LiftedRun, is_silent, lifted_run
from jettison.lift.build_context import context_path
from jettison.lift.declared import LINKS
from jettison.lift.own_environment import PIPS
from jettison.lift.stage import FinalStage, lifted_stage
from jettison.lift.usage import Usage
from jettison.source.vocabulary import HISTORY
from jettison.values import Evidence

# The cache of pip is a mount in the build stage.
UNCACHED = ("--no-cache-dir", "--no-cache")
EDITABLE = ("-e", "--editable")
# How pip is called, and what a condition asks with.
_ASKING = ("test", "[", "[[", "echo", "true", ":", "set")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_ARCHIVE = re.compile(r"[*?]|\.(whl|zip|tar\.gz|tgz|tar\.bz2)$")
# Builds of the project itself that take its version from version control, unless it is given.
VERSIONED = re.compile(
    r"setuptools[-_. ]scm|hatch-vcs|versioneer|\bpbr\b|dynamic-versioning|flit_scm|dunamai|"
    r"versioningit|git_versioner|source\s*=\s*[\"'](vcs|scm)"
)
_TOLD = re.compile(r"PRETEND_VERSION|PBR_VERSION|VERSIONEER_OVERRIDE|DYNAMIC_VERSIONING_BYPASS")
_BUILDS = re.compile(r"(-m|\buv|\bhatch|\bpoetry|\bpdm)\s+build\b|\bsetup\.py\b|bdist_wheel")
# Questions to git about the history of a folder.
_HISTORY = re.compile(
    r"\bgit\s+(-[cC]\s*\S+\s+)*(describe|rev-parse|rev-list|log|show|branch|tag|status|archive)\b"
)
# What a build does besides collecting Python files, each with how people call it.
_BUILDING = (
    (VERSIONED, "its version comes from version control"),
    (re.compile(r"ext_modules|Extension\(|cythonize|setuptools.rust|maturin|scikit.build|"
                r"mesonpy|cffi_modules|pybind11|nanobind|mypycify"),
     "it is compiled"),
    (re.compile(r"cmdclass|subprocess|os\.system|check_output|build\.hooks|build-script|backend-path|"
                r"tool\.pdm\.build\.custom|tool\.poetry\.build"),
     "its build runs commands of its own"),
    (re.compile(r"data_files|data-files|shared-data"), "it puts files beside the environment"),
    (re.compile(r"os\.environ|getenv"), "its build reads variables"),
)  # fmt: skip
_OF_UV = re.compile(r"^\[+tool\.uv\b", re.M)


def is_conditional(run: LiftedRun) -> bool:
    """Whether a RUN only installs lists and names with pip, some of it under a condition."""
    plain = run.script.understood and not run.instruction.heredocs and not mounts(run.instruction)
    return plain and all(_is_plain(action) for action in run.actions)


def _is_plain(action: Action) -> bool:
    command, fact = action.command, action.fact
    if command.pipeline is not None or command.redirects or command.assignments:
        return False
    if not isinstance(fact, PipInstall):
        return action.kind is ActionKind.SETTING and command.name in _ASKING
    placed = fact.editable or fact.options.has(*LINKS, "--target", "-t", "--user")
    local = placed or any(re.search(r"^[./]|[/*].*(?<!://)$", w.text) for w in fact.requirements)
    return not local and command.name in PIPS


def repeated(
    stage: FinalStage, action: Action, paths: Mapping[str, str], wheels: Mapping[str, str]
) -> tuple[str, ...] | str:
    """Give the words behind ``pip install``, without folders of the project; empty for no more.

    A RUN with a condition is given as it is, for its first installation. ``paths`` are those of
    lists in the stage, with what they are called in the context, and ``wheels`` patterns of wheels
    with what they are called in the build stage.
    """
    fact = action.fact
    if not isinstance(fact, PipInstall):
        return ()
    run = lifted_run(action.instruction)
    if not run.gives(action):
        first = next(each for each in run.actions if isinstance(each.fact, PipInstall))
        return _whole(run, paths) if action is first else ()
    own = local_words(fact)
    words = tuple(word for word in fact.requirements if word.text not in own)
    if not words and not fact.requirement_files:
        return ()
    return tuple(_words(stage, action, own, paths, wheels))


def _whole(run: LiftedRun, paths: Mapping[str, str]) -> str:
    """The text of a RUN with the lists as they are called in the context."""
    tokens = (
        token
        for action in run.actions
        if isinstance(action.fact, PipInstall)
        for token in action.command.tokens
    )
    texts = {token: named for token in tokens if (named := _renamed(token, paths))}
    return with_script(run.instruction, replacing_words(run.script, texts))


def _words(
    stage: FinalStage,
    action: Action,
    own: tuple[str, ...],
    paths: Mapping[str, str],
    wheels: Mapping[str, str],
) -> Iterator[str]:
    tokens = action.command.tokens
    start = next(n for n, token in enumerate(tokens) if token.text == "install")
    before = ""
    for token in tokens[start + 1 :]:
        option, before = before, token.text
        if token.text in (*UNCACHED, *EDITABLE, *own) or option in EDITABLE:
            continue
        if option in LINKS and "://" not in token.text:
            yield shlex.quote(stage.absolute(token.text, action.instruction))
            continue
        yield _renamed(token, paths) or wheels.get(token.text) or _written(token)


def _written(token: Word) -> str:
    """A word as it is written; variables keep their meaning in it."""
    return token.raw if token.raw.strip("\"'") == token.text else shlex.quote(token.text)


def _renamed(token: Word, paths: Mapping[str, str]) -> str:
    """The word with another path of a list, alone or joined to its option; empty for others."""
    if token.text in paths:
        return shlex.quote(paths[token.text])
    for path, name in paths.items():
        if token.text.startswith("-") and token.text.endswith(path):
            return shlex.quote(f"{token.text.removesuffix(path)}{name}")
    return ""


def is_repeatable(stage: FinalStage, word: Word) -> bool:
    """Whether all that a word is known by while building are variables that the stage sets."""
    items = (item for item in stage.instructions if item.keyword in ("ARG", "ENV"))
    known = {name for item in items for name, _ in raw_pairs(item)}
    plain = not re.search(r"`|\$\(|\$\{\w+[^\w}]", word.raw) and word.raw.count("$") > 0
    return word.literal or (plain and set(_VARIABLE.findall(word.raw)) <= known)


def seeds(stage: FinalStage) -> tuple[str, ...]:
    """The installers that the image of an old Python has, and an environment of it has not."""
    return table(Tools).pip.seeds.get(stage.python or "", ())


class OwnProject(Struct, frozen=True, kw_only=True):
    """How the project is installed.

    ``words`` are those of the commands, ``-e`` with its path as one; ``sources`` are the copies in
    front, with the changes of the folder between them, and ``folder`` is where those begin.
    """

    words: tuple[str, ...]
    sources: tuple[Instruction, ...]
    folder: str


def local_words(fact: PipInstall) -> tuple[str, ...]:
    """The words of a command that mean a folder: ``.``, ``.[extra]``, ``-e .``, ``/src``."""
    plain = (word.text for word in fact.requirements)
    found = [word for word in plain if word.startswith((".", "/")) and not _ARCHIVE.search(word)]
    return (*found, *(f"-e {path}" for path in fact.editable))


def own_project(
    project: Project,
    stage: FinalStage,
    commands: Iterable[tuple[Instruction, PipInstall]],
    *,
    by_pip: bool = False,
) -> OwnProject | Evidence | None:
    """Find how the project is installed, or why a build stage cannot repeat it; None if it is not.

    ``commands`` are the installations of the stage; ``by_pip`` says that pip repeats them.
    """
    found = [(step, fact, words) for step, fact in commands if (words := local_words(fact))]
    if not found:
        return None
    step, fact, _ = found[-1]
    reason = next(_obstacles(project, stage, found, by_pip=by_pip), "")
    if reason:
        first = found[0][2][0].removeprefix("-e ")
        said = f"`{first}` is installed from its source: {reason}"
        return Evidence.of("installation", said, fact.origin)
    line = step.origin.at
    before = (item for item in stage.instructions if item.origin.at < line)
    sources = tuple(
        dropwhile(
            lambda item: item.keyword == "WORKDIR",
            (item for item in before if item.keyword in (*COPIES, "WORKDIR")),
        )
    )
    return OwnProject(
        words=tuple(dict.fromkeys(word for _, _, words in found for word in words)),
        sources=sources,
        folder=stage.folder_at(sources[0] if sources else step),
    )


def reads_history(project: Project, commands: Iterable[str], usage: Usage) -> bool:
    """Whether the image asks version control for its version or history, made or running.

    ``commands`` are the texts of steps and scripts. What the source calls git for is not known.
    """
    asks = any(use.kind == "subprocess" for use in usage.programs.get("git", ()))
    if asks or any(one in usage.words for one in HISTORY) or any(map(_HISTORY.search, commands)):
        return True
    texts = [project.texts.get(project.in_context(name), "") for name in DECLARING]
    told = _TOLD.search(project.texts[project.dockerfile_path])
    if told or not any(map(VERSIONED.search, texts)):
        return False
    stages = (lifted_stage(project, stage) for stage in project.dockerfile.stages)
    return any(_builds_itself(action) for stage in stages for action in stage.actions)


def _builds_itself(action: Action) -> bool:
    fact = action.fact
    if isinstance(fact, PipInstall):
        return bool(local_words(fact))
    if isinstance(fact, ProjectInstall):
        without = TOOLS[fact.tool].without_project
        return fact.output is None and (not without or without not in action.text.split())
    return _BUILDS.search(action.text) is not None


def _obstacles(
    project: Project,
    stage: FinalStage,
    found: list[tuple[Instruction, PipInstall, tuple[str, ...]]],
    *,
    by_pip: bool,
) -> Iterator[str]:
    folders = set()
    for step, fact, words in found:
        if any(mount.type != "cache" for mount in mounts(step)):
            yield "its source is mounted"
        for word in words:
            path = word.removeprefix("-e ").partition("[")[0]
            if "$" in path or "://" in path:
                yield "its place is known only while building"
            folders.add(stage.absolute(path, step))
            yield from _of_build(project, stage, step, path, by_same=by_pip or fact.by_uv)
    if len({stage.folder_at(step) for step, _, _ in found}) > 1 or len(folders) > 1:
        yield "several projects are installed"
    yield from _steps_before(stage, found[-1][1])


def _of_build(
    project: Project, stage: FinalStage, step: Instruction, folder: str, *, by_same: bool
) -> Iterator[str]:
    """What the project's own files say of its build.

    ``by_same`` says that what builds it is what has built it before, with the same settings.
    """
    paths = [context_path(project, stage, step, posixpath.join(folder, n)) for n in DECLARING]
    texts = [
        project.texts[project.in_context(path)]
        for path in paths
        if path is not None and project.in_context(path) in project.texts
    ]
    if not texts:
        yield "its declaring file is not one of the build context"
    for text in texts:
        yield from (reason for pattern, reason in _BUILDING if pattern.search(text))
        if not by_same and _OF_UV.search(text):
            yield "it has settings that uv reads and pip does not"


def _steps_before(stage: FinalStage, last: PipInstall) -> Iterator[str]:
    """Steps behind the first copy that may have changed the source."""
    copied = [item.origin.at for item in stage.instructions if item.keyword in COPIES]
    for action in takewhile(lambda one: one.fact is not last, stage.actions):
        if copied and min(copied) < action.instruction.origin.at and _may_change(action):
            yield f"`{action.short}` may change its source before"


def _may_change(action: Action) -> bool:
    kinds = (ActionKind.OTHER, ActionKind.APPLICATION)
    return action.kind in kinds and not is_silent(action)
