"""Moves stages to another distribution: bases, package commands, users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from jettison.ecosystems import INSTALLING
from jettison.ecosystems.commands import GroupChange, PackageInstall, UserChange
from jettison.formats.dockerfile import Instruction, Stage, mounts
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import Word, replacing, replacing_words, without_words
from jettison.lift import Project, python_tag
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.build_context import bases_of, runs_of
from jettison.lift.stage import FinalStage, lifted
from jettison.lower import Edits, comment, edited, line_of
from jettison.lower.packages import install_text, without_commands, without_packages
from jettison.lower.user import busybox
from jettison.plan.changes import ChangeDistribution

Edit = Callable[[LiftedRun], str | None]
APT_FOLDERS = ("/var/cache/apt", "/var/lib/apt")


def change_distribution(project: Project, change: ChangeDistribution) -> Mapping[str, str]:
    """Give the Dockerfile with its feeding stages on the other distribution.

    Each pass edits one command of each RUN, so that every edit sees the text that the one before
    it left.
    """
    path = project.dockerfile_path
    names = dict(change.packages)
    edits: list[Edit] = [
        lambda run: without_packages(run, [name for name, other in names.items() if not other])
    ]
    if change.alpine:
        edits += [_without_plumbing, _without_options, _by_apk, _without_mounts, _by_busybox]
    stages = [(each.index, base) for each, base in bases_of(lifted(project))]
    for edit in edits:
        project = _repeated(project, edit)
    project = _once(project, lambda run: _renamed(run, names)) or project
    stage = lifted(project)
    text = edited(stage.dockerfile, _bases(stage, stages, change))
    return {path: text}


def _repeated(project: Project, edit: Edit) -> Project:
    while True:
        after = _once(project, edit)
        if after is None:
            return project
        project = after


def _once(project: Project, edit: Edit) -> Project | None:
    """The project with the edit made in each RUN; None when there is nothing to edit."""
    runs = [run for run in runs_of(lifted(project)) if run.editable]
    found = ((line_of(run.instruction), edit(run)) for run in runs)
    replaced = {line: text for line, text in found if text is not None}
    if not replaced:
        return None
    text = edited(project.dockerfile, Edits(replaced=replaced))
    return project.with_texts({project.dockerfile_path: text})


def _bases(
    stage: FinalStage, stages: Iterable[tuple[int, str]], change: ChangeDistribution
) -> Edits:
    replaced, after = {}, {}
    for index, base in stages:
        each = stage.dockerfile.stages[index]
        item = each.instructions[0]
        reference = _sibling(base, change)
        replaced[line_of(item)] = item.text.replace(each.base, reference, 1)
        if change.build and _makes_environment(each):
            text = comment("No wheel fits this base: what compiles them is needed here.")
            after[line_of(item)] = f"\n{text}{_install(change.build, stage, change)}"
    return Edits(replaced=replaced, after=after)


def _install(names: Iterable[str], stage: FinalStage, change: ChangeDistribution) -> str:
    if change.alpine:
        return f"RUN apk add --no-cache {' '.join(sorted(names))}\n"
    return install_text(names, stage)


def _makes_environment(stage: Stage) -> bool:
    text = "".join(item.text for item in stage.instructions if item.keyword == "RUN")
    return any(words in text for words in INSTALLING)


def _sibling(base: str, change: ChangeDistribution) -> str:
    """The new base, in the variant of the stage: a full image stays a full one on Debian."""
    old, new = python_tag(base), python_tag(change.reference)
    if change.alpine or old is None or new is None or old.variant == new.variant:
        return change.reference
    return str(new.full() if old.variant == "" else new.slim())


def _without_plumbing(run: LiftedRun) -> str | None:
    """The RUN without updates of the index and removals of what apt leaves."""
    gone = [action.command for action in run.actions if _serves_apt(action)]
    return without_commands(run, gone) if gone else None


def _serves_apt(action: Action) -> bool:
    if action.kind is ActionKind.INDEX:
        return "apt" in action.text
    return action.kind is ActionKind.CLEANUP and "apt" in action.text


def _without_options(run: LiftedRun) -> str | None:
    """The RUN with one install command that has nothing but its packages."""
    for action, fact in _installs(run, "apt"):
        kept = {request.word.start for request in fact.packages}
        words = action.command.tokens[_verb(action) + 1 :]
        extra = [word for word in words if word.start not in kept]
        if extra:
            return with_script(run.instruction, without_words(run.script, action.command, extra))
    return None


def _by_apk(run: LiftedRun) -> str | None:
    for action, _ in _installs(run, "apt"):
        verb = _verb(action)
        words = action.command.tokens
        texts: dict[Word, str] = {words[verb - 1]: "apk", words[verb]: "add --no-cache"}
        return with_script(run.instruction, replacing_words(run.script, texts))
    return None


def _verb(action: Action) -> int:
    words = [word.text for word in action.command.tokens]
    return words.index("install")


def _renamed(run: LiftedRun, names: Mapping[str, str]) -> str | None:
    """The RUN with the packages of all its install commands by their new names."""
    texts = {
        request.word: names[request.name]
        for action in run.actions
        if isinstance(action.fact, PackageInstall)
        for request in action.fact.packages
        if names.get(request.name, "") not in ("", request.word.text)
    }
    return with_script(run.instruction, replacing_words(run.script, texts)) if texts else None


def _by_busybox(run: LiftedRun) -> str | None:
    """The RUN with users and groups made by busybox; what busybox understands stays."""
    texts = {
        action.command: busybox(action.fact, action.command.name)
        for action in run.actions
        if isinstance(action.fact, UserChange | GroupChange) and not _is_busybox(action)
    }
    return with_script(run.instruction, replacing(run.script, texts)) if texts else None


def _is_busybox(action: Action) -> bool:
    words = [word.text for word in action.command.tokens]
    return words[0] in ("adduser", "addgroup") and not any(w.startswith("--") for w in words)


def _without_mounts(run: LiftedRun) -> str | None:
    """The RUN without cache mounts of apt's folders."""
    item = run.instruction
    if not any((mount.target or "").startswith(APT_FOLDERS) for mount in mounts(item)):
        return None
    return _without_flags(item)


def _without_flags(item: Instruction) -> str:
    text = item.text
    for flag in item.flags:
        if flag.name == "mount" and any(folder in (flag.value or "") for folder in APT_FOLDERS):
            before, _, behind = text.partition(f"--mount={flag.value}")
            text = before + behind.lstrip(" \t\\\n")
    return text


def _installs(run: LiftedRun, manager: str) -> Iterator[tuple[Action, PackageInstall]]:
    for action in run.actions:
        fact = action.fact
        if isinstance(fact, PackageInstall) and fact.manager == manager:
            yield action, fact
