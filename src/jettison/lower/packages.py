"""Changes to the system packages that the final stage installs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable

from jettison.catalogue.packaging import programs_in
from jettison.ecosystems.commands import (
    PackageInstall,
    is_everywhere,
    is_of_sources,
    removal,
    settings_of_sources,
    system_remove,
    system_upgrade,
    written_paths,
)
from jettison.formats.dockerfile import COPIES, Instruction, copy, mounts_over
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import Command, Script, replacing, without, without_words
from jettison.lift.action import Action, ActionKind, LiftedRun, lifted_run
from jettison.lift.packages import LISTS, empties_lists
from jettison.lift.stage import FinalStage
from jettison.lower import HEAD, Edits, comment, edited, line_of, written
from jettison.plan.changes import AddPackages, RemoveCommands, RemovePackages, TidyPackageInstalls

ONE_LINE = 3
DESCRIPTIONS = HEAD | {"WORKDIR"}


def install_text(names: Iterable[str], stage: FinalStage) -> str:
    """A RUN that installs packages in the manner of the stage's distribution, without lists."""
    listed = sorted(names)
    if stage.release == "alpine":
        return f"RUN apk add --no-cache {' '.join(listed)}\n"
    separator = " " if len(listed) <= ONE_LINE else " \\\n        "
    return (
        "RUN apt-get update \\\n"
        f"    && apt-get install -y --no-install-recommends{separator}{separator.join(listed)} \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
    )


def steps_of_sources(stage: FinalStage) -> tuple[tuple[Instruction, str], ...]:
    """The steps that tell where packages come from, up to the last installation if there is one.

    Each is an instruction and the part of its text that does nothing else: mirrors, archives of
    old releases and proxies, without which an installation may fail.
    """
    installing = [line_of(a.instruction) for a in stage.actions if a.kind is ActionKind.PACKAGES]
    return tuple(
        (item, text)
        for item in stage.instructions
        if not installing or line_of(item) <= max(installing)
        if (text := _of_sources(stage, item))
    )


def _of_sources(stage: FinalStage, item: Instruction) -> str:
    if item.keyword in COPIES:
        copied = copy(item)
        plain = copied.stage is None and is_of_sources(copied.destination)
        return item.text if plain else ""
    if item.keyword != "RUN":
        return ""
    run = lifted_run(item)
    found = settings_of_sources(run.script)
    lists = [each for each in found if not _needs_more(stage, run.script, each)]
    wanted = [command for pipeline in lists for command in pipeline]
    if not wanted or (is_everywhere(run.script) and len(lists) == len(found)):
        return item.text if wanted else ""
    if not run.editable:
        return ""
    rest = [command for command in run.script.commands if command not in wanted]
    return with_script(item, without(run.script, rest) or "")


_KEY = re.compile(r"apt-key|gpg|keyring|\.(asc|key|pub)\b", re.IGNORECASE)
_FETCHING_KEYS = ("apt-key", "gpg", "gpg2", "curl", "wget")


def _needs_more(stage: FinalStage, script: Script, pipeline: Iterable[Command]) -> bool:
    """Whether commands on sources need another step: a key that is fetched, a shell variable.

    An archive besides the distribution's own is not where compilers and headers come from.
    """
    text = " ".join(command.raw for command in pipeline)
    written = (path for command in pipeline for path in written_paths(command))
    names = {name for command in script.commands for name, _ in command.assignments}
    if any(re.search(rf"\$\{{?{name}\b", text) for name in names):
        return True
    return any(path.startswith("/etc/apt/sources.list.d/") for path in written) and any(
        command.name in _FETCHING_KEYS and _KEY.search(command.raw)
        for run in stage.runs
        for command in run.script.commands
    )


def add_packages(stage: FinalStage, change: AddPackages) -> str:
    """Install packages in the final stage: with those that it installs, or in a RUN of its own.

    They come before the first step that calls a program of theirs.
    """
    calling = _calling(stage, change.names)
    for run in reversed(stage.runs):
        for action in run.actions:
            early = calling is None or line_of(action.instruction) < calling
            if isinstance(action.fact, PackageInstall) and run.editable and early:
                text = _with_packages(run, action, change)
                return edited(stage.dockerfile, Edits(replaced={line_of(run.instruction): text}))
    text = comment(change.reason) + install_text(change.names, stage)
    told = [line_of(item) for item, _ in steps_of_sources(stage)]
    if told and (calling is None or told[-1] < calling):
        return edited(stage.dockerfile, Edits(after={told[-1]: f"\n{text}"}))
    first = next(item for item in stage.instructions if item.keyword not in DESCRIPTIONS)
    return edited(stage.dockerfile, Edits(before={line_of(first): f"{text}\n"}))


def _calling(stage: FinalStage, names: Iterable[str]) -> int | None:
    """The line before which packages have to be there: that of the first RUN which calls them.

    One that installs packages before it calls them can install these too.
    """
    release = stage.release or ""
    programs = {program for name in names for program in (name, *programs_in(name, release))}
    for run in stage.runs:
        called = [posixpath.basename(action.command.name) in programs for action in run.actions]
        if any(called):
            before = run.actions[: called.index(True)]
            installs = any(isinstance(action.fact, PackageInstall) for action in before)
            return line_of(run.instruction) + installs
    return None


def _with_packages(run: LiftedRun, action: Action, change: AddPackages) -> str:
    """The RUN with more packages at the end of an install command, the reason on a line above."""
    before = written(run.script, action.command)
    lines = before.splitlines()
    indent = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())] if len(lines) > 1 else " " * 4
    names = f" \\\n{indent}".join(sorted(change.names))
    text = f"{before} \\\n{indent}# {' '.join(change.reason.split())}\n{indent}{names}"
    return with_script(run.instruction, replacing(run.script, {action.command: text}))


def remove_packages(stage: FinalStage, change: RemovePackages) -> str:
    """Take packages out of one command of each RUN; repeat until nothing changes.

    What removes them again goes first, as it would fail without them.
    """
    names = frozenset(change.names)
    removals = {
        line_of(run.instruction): text
        for run in stage.runs
        if run.editable
        and (text := _without_removal(run, names | _groups(stage, names))) is not None
    }
    if removals:
        return edited(stage.dockerfile, Edits(replaced=removals))
    replaced = {
        line_of(run.instruction): text
        for run in stage.runs
        if run.editable and (text := without_packages(run, names)) is not None
    }
    return edited(stage.dockerfile, Edits(replaced=replaced))


def remove_commands(stage: FinalStage, change: RemoveCommands) -> str:
    """Take commands out; a RUN of which only plumbing would be left goes whole."""
    wanted = set(change.commands)
    replaced = {}
    for run in stage.runs:
        gone = [action.command for action in run.actions if action.text in wanted]
        if gone and run.editable:
            replaced[line_of(run.instruction)] = without_commands(run, gone)
    return edited(stage.dockerfile, Edits(replaced=replaced))


def without_packages(run: LiftedRun, names: Collection[str]) -> str | None:
    """The RUN without some packages; empty when nothing is left, None when it has none of them."""
    for action in run.actions:
        requests = action.fact.packages if isinstance(action.fact, PackageInstall) else ()
        gone = [request.word for request in requests if request.name in names]
        if gone and len(gone) == len(requests):
            return without_commands(run, [action.command])
        if gone:
            return with_script(run.instruction, without_words(run.script, action.command, gone))
    return None


def _without_removal(run: LiftedRun, names: Collection[str]) -> str | None:
    """The RUN without the removal of some packages; None when it removes none of them."""
    for action in run.actions:
        removed = system_remove(action.command) if action.kind is ActionKind.UPGRADE else None
        gone = [one.word for one in removed.packages if one.name in names] if removed else []
        if removed and gone and len(gone) == len(removed.packages):
            return without_commands(run, [action.command])
        if gone:
            return with_script(run.instruction, without_words(run.script, action.command, gone))
    return None


def _groups(stage: FinalStage, names: frozenset[str]) -> frozenset[str]:
    """The names of groups (``apk add --virtual``) of which nothing is left."""
    facts = [a.fact for a in stage.actions if isinstance(a.fact, PackageInstall) and a.fact.virtual]
    return frozenset(
        fact.virtual
        for fact in facts
        if fact.virtual and {request.name for request in fact.packages} <= names
    )


def without_commands(run: LiftedRun, gone: list[Command]) -> str:
    """The RUN without some commands, and without package plumbing that nothing needs any more."""
    starts = {command.start for command in gone}
    left = [action for action in run.actions if action.command.start not in starts]
    installs = [n for n, action in enumerate(left) if _reads_lists(action)]
    if not installs:
        gone = [*gone, *(action.command for action in left if _is_plumbing(action))]
    else:
        late = (a for a in left[installs[-1] :] if a.kind is ActionKind.INDEX)
        gone = [*gone, *(action.command for action in late)]
    source = without(run.script, gone)
    return "" if source is None else with_script(run.instruction, source)


def _reads_lists(action: Action) -> bool:
    """Whether a command does nothing useful before the package lists are there."""
    upgrades = action.kind is ActionKind.UPGRADE and bool(system_upgrade(action.command))
    return action.kind is ActionKind.PACKAGES or upgrades


def _is_plumbing(action: Action) -> bool:
    if action.kind is ActionKind.CLEANUP:
        removed = removal(action.command)
        sources = any(map(is_of_sources, removed.paths)) if removed else False
        return ("apt" in action.text or "apk" in action.text) and not sources
    return action.kind is ActionKind.INDEX


OPTION = "--no-install-recommends"
CLEANUP = "rm -rf /var/lib/apt/lists/*"


def tidy_package_installs(stage: FinalStage, change: TidyPackageInstalls) -> str:
    """Add what is missing to the RUN instructions that install; repeat until nothing changes."""
    replaced = {}
    leaving = runs_leaving_lists(stage)
    for run in stage.runs:
        if not run.editable:
            continue
        text = _without_recommended(run) if change.recommends else None
        text = text or (_without_lists(run) if change.lists and run in leaving else None)
        if text is not None:
            replaced[line_of(run.instruction)] = text
    return edited(stage.dockerfile, Edits(replaced=replaced))


def installs_recommended(run: LiftedRun) -> tuple[Action, ...]:
    """The apt commands that take recommended packages along."""
    return tuple(
        action
        for action in run.actions
        if isinstance(action.fact, PackageInstall)
        and action.fact.manager == "apt"
        and action.fact.recommends
    )


def runs_leaving_lists(stage: FinalStage) -> tuple[LiftedRun, ...]:
    """The RUN instructions that leave package lists behind which no later one relies on."""
    found = []
    for number, run in enumerate(stage.runs):
        later = stage.runs[number + 1 :]
        if run.editable and _leaves_lists(run) and not any(_relies_on_lists(r) for r in later):
            found.append(run)
    return tuple(found)


def _relies_on_lists(run: LiftedRun) -> bool:
    """Whether a RUN installs or upgrades with apt before it has updated the lists itself."""
    for action in run.actions:
        if action.kind is ActionKind.INDEX:
            return False
        installs = isinstance(action.fact, PackageInstall) and action.fact.manager == "apt"
        if installs or (action.kind is ActionKind.UPGRADE and _reads_lists(action)):
            return True
    return False


def _leaves_lists(run: LiftedRun) -> bool:
    """Whether a RUN installs with apt and leaves its package lists in the layer."""
    apt = [a for a in run.actions if isinstance(a.fact, PackageInstall) and a.fact.manager == "apt"]
    cleaned = any(a.kind is ActionKind.CLEANUP and empties_lists(a) for a in run.actions)
    return bool(apt) and not cleaned and not mounts_over(run.instruction, LISTS)


def _without_recommended(run: LiftedRun) -> str | None:
    texts = {}
    for action in installs_recommended(run):
        text = written(run.script, action.command)
        head, verb, tail = text.partition(" install")
        if verb:
            texts[action.command] = f"{head}{verb} {OPTION}{tail}"
    return with_script(run.instruction, replacing(run.script, texts)) if texts else None


def _without_lists(run: LiftedRun) -> str:
    last = run.script.commands[-1]
    indent = _indent(run)
    joint = f"; \\\n{indent}" if last.connector == ";" else f" \\\n{indent}&& "
    text = f"{written(run.script, last)}{joint}{CLEANUP}"
    return with_script(run.instruction, replacing(run.script, {last: text}))


def _indent(run: LiftedRun) -> str:
    """What stands before the ``&&`` of the last line that begins with one, four spaces else."""
    found = re.findall(r"^([ \t]*)&& ", run.instruction.text, re.MULTILINE)
    return found[-1] if found else "    "
