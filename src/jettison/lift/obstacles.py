"""Why an installation by pip cannot move to a build stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jettison.catalogue.reader import table
from jettison.facts import Project
from jettison.lift.action import Action, ActionKind, lifted_run
from jettison.lift.derived import stages_on
from jettison.lift.stage import FinalStage
from jettison.lift.variables import steering_pip
from jettison.project.commands import PipInstall
from jettison.project.dockerfile import Instruction, mounts
from jettison.values import Evidence, Origin

# Where the environment of the official images is; scripts that name it would miss it.
OLD_PATHS = ("/usr/local/bin/", "/usr/local/lib/python")
# Steps that call the pip of the environment, which one made by uv does not have.
NEEDS_PIP = re.compile(r"\bspacy(\.cli)?\s+download\b|-m\s+pip\s|-m\s+ensurepip\b")
# spaCy's own download is an installation of a wheel.
MODEL = "a requirement with the address of the model's wheel can move"
INSTALLING = (ActionKind.PYTHON, ActionKind.LOCKED, ActionKind.ENVIRONMENT)


def obstacles(stage: FinalStage, actions: Iterable[Action]) -> Iterator[Evidence]:
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
            for reason in (*_unknown_to_uv(action.fact), *_surroundings(stage, action)):
                yield obstacle_at(action.origin, reason)


def obstacle_at(origin: Origin, reason: str) -> Evidence:
    """The evidence for one obstacle."""
    return Evidence(kind="installation", message=reason, origin=origin)


def fixed_path(project: Project, stage: FinalStage) -> Evidence | None:
    """A start command or script that names the environment of the base image by its path."""
    for invocation in (stage.command, stage.entrypoint):
        if invocation and any(path in invocation.instruction.text for path in OLD_PATHS):
            message = "the start command names a program of the old environment by its path"
            return Evidence(kind="path", message=message, origin=invocation.origin)
    for path, text in project.texts.items():
        if path.endswith((".sh", ".conf", ".ini", ".service")):
            for number, line in enumerate(text.splitlines(), 1):
                if any(old in line for old in OLD_PATHS):
                    message = "a program of the old environment is named by its path"
                    origin = Origin(file=path, line=number)
                    return Evidence(kind="path", message=message, origin=origin)
    return None


def _too_old(stage: FinalStage) -> Iterator[Evidence]:
    """Versions of Python that the installer of the build stage does not run on."""
    minor = tuple(int(part) for part in (stage.python or "").split(".") if part.isdigit())
    oldest = tuple(table("tools")["uv"]["oldest_python"])
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
    yield from _steps(stage)


def _steps(stage: FinalStage) -> Iterator[Evidence]:
    """Steps that stay and reach into the environment of the base image."""
    for item, copied in stage.copies:
        if copied.destination.startswith(OLD_PATHS):
            yield obstacle_at(item.origin, "files are copied into the base's environment")
    for action in stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION):
        if NEEDS_PIP.search(action.text):
            text = " ".join(action.text.split())
            instead = f"; {MODEL}" if "spacy" in text else ""
            yield obstacle_at(action.origin, f"`{text[:60]}` installs with pip{instead}")


def _installs(item: Instruction) -> bool:
    actions = lifted_run(item).actions
    return any(a.kind in INSTALLING or NEEDS_PIP.search(a.text) for a in actions)


def _unknown_to_uv(fact: PipInstall) -> Iterator[str]:
    if fact.editable or any(word.text.startswith((".", "/")) for word in fact.requirements):
        local = next((w.text for w in fact.requirements if w.text.startswith((".", "/"))), ".")
        yield f"`{local}` is installed, which is not a list of requirements"
    if fact.target or fact.user:
        yield "the requirements go to a folder of their own"
    if fact.groups:
        yield "dependency groups are installed"
    for option in fact.options.every("--find-links", "-f"):
        if option.value and "://" not in option.value:
            yield f"distributions come from {option.value}, which another step fills"
    known = table("tools")["pip"]
    names = {*known["valued"], *known["flags"], *known["without_effect"], *known["files"]}
    for option in fact.options.options:
        if option.name not in names:
            yield f"the option {option.name} is not known to uv"


def _surroundings(stage: FinalStage, action: Action) -> Iterator[str]:
    """What else an installation depends on, and would miss in another stage."""
    if any(mount.type in ("secret", "ssh") for mount in mounts(action.instruction)):
        yield "a secret is mounted for it"
    if action.command.assignments:
        yield "variables are set for it alone"
    run = next(run for run in stage.runs if run.instruction is action.instruction)
    if any(each.command.name in ("cd", "export") for each in run.actions):
        yield "the script changes folder or environment"
    for _, copied in stage.copies:
        if copied.destination.endswith(tuple(table("tools")["pip"]["configuration"])):
            yield f"{copied.destination} is read by pip alone"
