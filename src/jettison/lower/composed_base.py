"""Puts the final stage on a base that the Dockerfile composes itself from Debian's packages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase, SystemPackages
from jettison.catalogue.system_packages import package_of_program
from jettison.ecosystems.commands import GroupChange, UserChange
from jettison.formats.dockerfile import Instruction, healthcheck
from jettison.lift.action import ActionKind, LiftedRun
from jettison.lift.stage import FinalStage
from jettison.lower.composed_root import SHELL, package_stage, root_stage, shell_mount
from jettison.lower.instructions import Edits, comment, edited, ended, line_of
from jettison.lower.packages import without_commands
from jettison.lower.user import shadow
from jettison.plan.base import ROOT
from jettison.plan.changes import AddDebugTarget, ComposeBase
from jettison.values import Evidence

PACKAGES = ("packages", "debian-packages", "packages-of-base")
COMPOSED = ("composed", "composed-base", "root-of-image")
ENVIRONMENT = "ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8\n"
# Programs are looked up in any release that is known; it only tells that Debian has them.
RELEASE = "trixie"
STEPS = "A shell for the steps below; the image has none."
# Commands that the composed base makes needless.
NEEDLESS = (ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.USER)
# What nothing in the final stage can do without the official image.
NOT_THERE = (
    ActionKind.PYTHON,
    ActionKind.LOCKED,
    ActionKind.ENVIRONMENT,
    ActionKind.REPOSITORY,
    ActionKind.UPGRADE,
)
RUN = re.compile(r"\A(\s*RUN)\s+", re.IGNORECASE)


def compose_base(stage: FinalStage, change: ComposeBase) -> str:
    """Give the Dockerfile with the stages that compose the base, and the final stage on it.

    Packages become part of the base, and so do users; other steps are run by a shell that is
    mounted.
    """
    packages, root = _free(stage, PACKAGES), _free(stage, COMPOSED)
    replaced = {
        line_of(run.instruction): _on_root(run, root, change.composition.python)
        for run in stage.runs
    }
    start = stage.stage.instructions[0]
    steps = any(replaced.values())
    replaced[line_of(start)] = start.text.replace(stage.stage.base, "scratch", 1)
    head = "".join(
        f"{part}\n"
        for part in (
            package_stage(packages, change.composition),
            root_stage(root, packages, change.composition, _users(stage)),
        )
    )
    below = f"COPY --from={root} {ROOT} /\n{ENVIRONMENT}"
    if steps:
        below += f'\n{comment(STEPS)}SHELL ["/mnt/busybox", "sh", "-c"]\n'
    edits = Edits(
        before={line_of(start): head}, replaced=replaced, after={line_of(start): f"{below}\n"}
    )
    return edited(stage.dockerfile, edits)


def _free(stage: FinalStage, names: tuple[str, ...]) -> str:
    return next(name for name in names if stage.dockerfile.stage_named(name) is None)


def _on_root(run: LiftedRun, root: str, python: str) -> str:
    """The RUN without packages and users, run by the mounted shell; empty when nothing is left."""
    gone = [action.command for action in run.actions if action.kind in NEEDLESS]
    text = without_commands(run, gone) if gone else run.instruction.text
    if not text.strip():
        return ""
    text = text.replace(f"/usr/local/lib/python{python}", f"/usr/lib/python{python}")
    return RUN.sub(rf"\1 {shell_mount(root)} \\\n    ", ended(text), count=1)


def _users(stage: FinalStage) -> Iterator[str]:
    """The commands that make users and groups, for the root of the image."""
    for action in stage.actions:
        if isinstance(action.fact, UserChange | GroupChange):
            yield shadow(action.fact, action.command.words, ROOT)


def is_composed(stage: FinalStage) -> bool:
    """Whether the stage stands on a root that the Dockerfile composes."""
    return stage.base == "scratch" and any(ROOT in copied.sources for _, copied in stage.all_copies)


def refused(stage: FinalStage) -> Evidence | None:
    """The first thing in the final stage that a base without a shell cannot do, if any."""
    return next(_obstacles(stage), None)


def _obstacles(stage: FinalStage) -> Iterator[Evidence]:
    if len(stage.chain) > 1:
        yield _told("the final stage is based on another stage", stage.stage.instructions[0])
    for item in stage.instructions:
        if item.keyword in ("ONBUILD", "SHELL"):
            yield _told(f"it has {item.keyword}", item)
        elif item.keyword in ("CMD", "ENTRYPOINT") and item.exec_form is None:
            yield _told(f"its {item.keyword} is run by a shell", item)
        elif item.keyword == "HEALTHCHECK" and healthcheck(item).shell_form:
            yield _told("its health check is run by a shell", item)
    for run in stage.runs:
        yield from _steps(run)


def _steps(run: LiftedRun) -> Iterator[Evidence]:
    for action in run.actions:
        text = " ".join(action.text.split())[:60]
        if action.kind in NOT_THERE or (action.kind in NEEDLESS and not run.editable):
            yield Evidence(kind="step", message=f"it runs `{text}`", origin=action.origin)
        elif action.kind is ActionKind.USER and "$" in action.text:
            message = f"`{text}` is completed by a shell"
            yield Evidence(kind="step", message=message, origin=action.origin)
        elif not _is_there(action.command.name):
            message = f"it runs {action.command.name}, which only the official image has"
            yield Evidence(kind="step", message=message, origin=action.origin)


def _is_there(name: str) -> bool:
    """Whether a step finds a program: in the mounted shell, in Python, or among the project's."""
    program = name.rpartition("/")[2]
    facts = table(ComposedBase).shell
    known = {*facts.applets, *facts.steps, *table(SystemPackages).builtins}
    known |= {"apt-get", "apt", "useradd", "groupadd", "usermod", "groupmod", "adduser", "addgroup"}
    return (
        program in known
        or program.startswith("python")
        or package_of_program(program, RELEASE) is None
    )


def _told(message: str, item: Instruction) -> Evidence:
    return Evidence(kind="step", message=message, origin=item.origin)


NAMES = ("application", "image", "application-image")
DEBUG = "debug"
SAME = "The same files with a shell: docker build --target debug."


def add_debug_target(stage: FinalStage, change: AddDebugTarget) -> str:
    """Name the final stage, add the target, and let the image be the last stage as before."""
    start = stage.stage.instructions[0]
    name, replaced = stage.stage.name or "", {}
    if not name:
        name = next(one for one in NAMES if stage.dockerfile.stage_named(one) is None)
        replaced[line_of(start)] = f"{start.text.rstrip()} AS {name}\n"
    lines = [comment(SAME), f"FROM {name} AS {DEBUG}\n"]
    if change.shell:
        lines.append(f"COPY --from={change.shell} /\n")
    lines += ["ENTRYPOINT []\n", 'CMD ["sh"]\n', "\n", f"FROM {name}\n"]
    last = stage.stage.instructions[-1]
    text = edited(stage.dockerfile, Edits(replaced=replaced))
    if last is stage.dockerfile.instructions[-1]:
        return f"{ended(text)}\n{''.join(lines)}"
    return text


def shell_place(stage: FinalStage) -> str:
    """The stage and the folder in which the composed base leaves a shell."""
    names = (copied.stage for _, copied in stage.all_copies if ROOT in copied.sources)
    return next(f"{name} {SHELL}" for name in names)
