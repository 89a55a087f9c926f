"""Tidies install commands of apt: no recommended packages, no lists left behind."""

from __future__ import annotations

import re

from jettison.changes import TidyPackageInstalls
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.stage import FinalStage
from jettison.lower.text import Edits, edited, line_of, written
from jettison.project.commands import PackageInstall
from jettison.project.dockerfile import mounts_over
from jettison.project.dockerfile.run import with_script
from jettison.project.shell import replacing

LISTS = "/var/lib/apt/lists"
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
    """Whether a RUN installs with apt before it has updated the lists itself."""
    for action in run.actions:
        if action.kind is ActionKind.INDEX:
            return False
        if isinstance(action.fact, PackageInstall) and action.fact.manager == "apt":
            return True
    return False


def _leaves_lists(run: LiftedRun) -> bool:
    """Whether a RUN installs with apt and leaves its package lists in the layer."""
    apt = [a for a in run.actions if isinstance(a.fact, PackageInstall) and a.fact.manager == "apt"]
    cleaned = any(a.kind is ActionKind.CLEANUP and _empties_lists(a) for a in run.actions)
    return bool(apt) and not cleaned and not mounts_over(run.instruction, LISTS)


def _empties_lists(action: Action) -> bool:
    return LISTS in action.text or "distclean" in action.command.words


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
