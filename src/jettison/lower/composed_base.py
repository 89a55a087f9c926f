"""Stages that start from nothing: a minimal base, or what remains of the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.catalogue import removal_script, table
from jettison.catalogue.bases import ComposedBase, SystemPackages
from jettison.catalogue.packaging import package_of_program
from jettison.ecosystems.commands import GroupChange, UserChange
from jettison.formats.dockerfile import MAKING, Instruction, Stage, healthcheck
from jettison.formats.dockerfile.lines import in_exec_form
from jettison.lift import Project
from jettison.lift.action import ActionKind, LiftedRun
from jettison.lift.packages import DEFAULT_RELEASE
from jettison.lift.stage import FinalStage, lifted
from jettison.lower import FOLDER, Edits, comment, edited, ended, line_of, with_stages
from jettison.lower.composed_root import SHELL, package_stage, root_stage, shell_mount
from jettison.lower.packages import without_commands
from jettison.lower.removed_files import let_in, mounted
from jettison.lower.user import START, shadow
from jettison.plan.changes import AddDebugTarget, ComposeBase, StartFromNothing
from jettison.plan.minimal_base import ROOT
from jettison.plan.removal import listing
from jettison.plan.removal.listing import (
    LAYERS,
    REMOVED,
    SORTING,
    SYSTEM_HEAD,
    SYSTEM_LIST,
    SYSTEM_SCRIPT,
    layers_written,
    system_written,
    takes_modules,
)
from jettison.values import Evidence

PACKAGES = ("packages", "debian-packages", "packages-of-base")
COMPOSED = ("composed", "composed-base", "root-of-image")
ENVIRONMENT = "ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8\n"
# Programs are looked up in any release that is known; it only tells that Debian has them.
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
        text = action.short
        if action.kind in NOT_THERE or (action.kind in NEEDLESS and not run.editable):
            yield Evidence.of("step", f"it runs `{text}`", action.origin)
        elif action.kind is ActionKind.USER and "$" in action.text:
            yield Evidence.of("step", f"`{text}` is completed by a shell", action.origin)
        elif not _is_there(action.command.name):
            message = f"it runs {action.command.name}, which only the official image has"
            yield Evidence.of("step", message, action.origin)


def _is_there(name: str) -> bool:
    """Whether a step finds a program: in the mounted shell, in Python, or among the project's."""
    program = name.rpartition("/")[2]
    facts = table(ComposedBase).shell
    known = {*facts.applets, *facts.steps, *table(SystemPackages).builtins}
    known |= {"apt-get", "apt", "useradd", "groupadd", "usermod", "groupmod", "adduser", "addgroup"}
    return (
        program in known
        or program.startswith("python")
        or package_of_program(program, DEFAULT_RELEASE) is None
    )


def _told(message: str, item: Instruction) -> Evidence:
    return Evidence.of("step", message, item.origin)


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


COMPLETE = "complete"
KEPT = "kept"
SORTED = "/layers"
# What the application is run with moves to the last stage; what steps see too is said in both.
MOVED = START | {"LABEL", "MAINTAINER"}
REPEATED = frozenset({"ARG", "ENV", "WORKDIR", "SHELL"})
LEFT_OUT = "Remove what the application cannot reach; the list says what and why."
FROM_NOTHING = (
    "The image starts from nothing and takes what is left: a layer on top of the base could hide "
    "files, but not take them out."
)
SAID_AGAIN = "What the base image and the stage above set."


def start_from_nothing(project: Project, change: StartFromNothing) -> Mapping[str, str]:
    """Add two stages behind that of the image, the lists and the programs that apply them.

    A stage that is built by its name hands the name on; the last stage of the file stays the last.
    """
    stage, target = lifted(project), project.target
    name = _free_stage(project, f"{target}-{COMPLETE}") if target else stage.stage.name
    name = name or _free_stage(project, COMPLETE)
    kept = _free_stage(project, KEPT)
    first, last = stage.stage.instructions[0], stage.stage.instructions[-1]
    replaced = dict(_renamed(project, target, name)) if target else {}
    named = project.dockerfile.stage_named
    if not any(named(other.base) is stage.stage for other in project.dockerfile.stages):
        own = stage.stage.instructions
        replaced |= {line_of(item): "" for item in own if item.keyword in MOVED}
        replaced |= {line_of(item): "" for item in _users_at_end(stage.stage)}
    if stage.stage.name is None:
        replaced[line_of(first)] = f"{first.text.rstrip()} AS {name}\n"
    taking = _taking(project, name, kept, change)
    taken = _from_nothing(stage, kept, f"scratch AS {target}" if target else "scratch", change)
    edits = Edits(replaced=replaced, after={line_of(last): f"\n{taking}\n{taken}"})
    return {
        project.dockerfile_path: edited(project.dockerfile, edits),
        project.own(SYSTEM_LIST): SYSTEM_HEAD + system_written(change.groups),
        project.own(LAYERS): layers_written(
            ((one.name, one.folders) for one in change.layers), change.once
        ),
        project.own(SYSTEM_SCRIPT): removal_script(SYSTEM_SCRIPT),
        project.own(SORTING): removal_script(SORTING),
        **let_in(project, (SYSTEM_LIST, SYSTEM_SCRIPT)),
    }


def _renamed(project: Project, old: str, new: str) -> Iterator[tuple[int, str]]:
    """The instructions that name a stage, with its new name."""
    word = re.escape(old)
    for item in project.dockerfile.instructions:
        if item.keyword == "FROM":
            text = re.sub(
                rf"(?i)^(\s*FROM\s+(?:--\S+\s+)*){word}(?=\s|$)", rf"\g<1>{new}", item.text
            )
            text = re.sub(rf"(?i)(\sAS\s+){word}(?=\s|$)", rf"\g<1>{new}", text)
        else:
            text = with_stages(item.text, lambda name: new if name.lower() == old.lower() else name)
        if text != item.text:
            yield line_of(item), text


def _free_stage(project: Project, name: str) -> str:
    """A name that no stage has."""
    taken = {stage.name for stage in project.dockerfile.stages}
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, 99))) if n not in taken)


def _taking(project: Project, name: str, kept: str, change: StartFromNothing) -> str:
    """The stage that takes out what the lists name, and sorts what is left into layers."""
    mount = mounted(project)
    runs = "".join(
        f"RUN {mount} \\\n    {in_exec_form((change.python, '-I', '-B', *words))}\n"
        for words in (
            *_late(project, change.environment),
            (f"{FOLDER}/{SYSTEM_SCRIPT}", f"{FOLDER}/{SYSTEM_LIST}"),
            (f"{FOLDER}/{SORTING}", f"{FOLDER}/{LAYERS}", SORTED),
        )
    )
    return f"{comment(LEFT_OUT)}FROM {name} AS {kept}\nUSER 0\n{runs}"


def _late(project: Project, environment: str) -> Iterator[tuple[str, ...]]:
    """The commands for files that leave an environment which no stage makes apart."""
    text = project.own_text(listing.LIST)
    if not environment or not text:
        return
    names = (f"{FOLDER}/{listing.SCRIPT}", f"{FOLDER}/{listing.LIST}")
    if takes_modules(text):
        yield (*names, environment, REMOVED)
        hook = (f"{FOLDER}/{listing.HOOK}", names[1], REMOVED, environment, listing.MANIFEST)
        yield hook
    else:
        yield (*names, environment)


def _from_nothing(stage: FinalStage, kept: str, start: str, change: StartFromNothing) -> str:
    copies = "".join(
        f"COPY --from={kept} {posixpath.join(SORTED, layer.name)}/ /\n" for layer in change.layers
    )
    base = "".join(change.said)
    said = [item for item in stage.inherited if item.keyword in REPEATED]
    users = [item for item in stage.inherited if item.keyword == "USER"]
    moved = [item for item in stage.inherited if item.keyword in MOVED]
    parts = [
        f"{comment(FROM_NOTHING)}FROM {start}\n{copies}",
        f"{comment(SAID_AGAIN)}{base}{''.join(_texts([*said, *users[-1:]]))}",
        *("".join(comment.text for comment in item.comments) + ended(item.text) for item in moved),
    ]
    return "\n".join(part for part in parts if part)


def _users_at_end(stage: Stage) -> Iterator[Instruction]:
    """The last USER, when no step of the stage runs as that user."""
    for item in reversed(stage.instructions):
        if item.keyword in MAKING:
            return
        if item.keyword == "USER":
            yield item


def _texts(items: list[Instruction]) -> Iterator[str]:
    return (ended(item.text) for item in items)
