"""Changes to single instructions of the final stage: ENV, LABEL, CMD, HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.changes import (
    AddLabels,
    CompileApplication,
    SetCommand,
    SetEnvironment,
    SetHealthCheck,
)
from jettison.facts import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.lower.text import Edits, comment, edited, ended, line_of
from jettison.project.dockerfile import Instruction
from jettison.project.dockerfile.run import run_script
from jettison.project.dockerfile.words import in_exec_form, quoted

HEAD = frozenset({"ARG", "LABEL", "ENV", "MAINTAINER", "SHELL"})
ENVIRONMENT_COMMENTS = {
    "PYTHONUNBUFFERED": "Log lines leave the process at once, also when it dies.",
    "UV_NO_SYNC": "`uv run` starts what was installed, and installs nothing at start-up.",
    "UV_NO_CACHE": "uv needs no folder for a cache, which a read-only container does not have.",
}
COMPILED = (
    "Byte code of the standard library and of the application: the image has none, and a read-only "
    "container would compile them anew at every start."
)
LOADED = "Of the standard library, what the application loaded while it was watched."
COMPILED_LIST = "compiled-modules.txt"
FOLDER = "/removal"
# Parts of the standard library that no server imports, and what is compiled already.
UNSERVED = "/(site-packages|test|tests|idlelib|tkinter|turtledemo|lib2to3|ensurepip|pydoc_data)/"


def set_environment(stage: FinalStage, change: SetEnvironment) -> str:
    """Add one ENV below the head of the final stage."""
    comments = [
        ENVIRONMENT_COMMENTS[name] for name, _ in change.variables if name in ENVIRONMENT_COMMENTS
    ]
    pairs = " \\\n    ".join(f"{name}={quoted(value)}" for name, value in change.variables)
    text = "".join(comment(line) for line in comments) + f"ENV {pairs}\n"
    return edited(stage.dockerfile, Edits(after={line_of(last_of_head(stage)): f"\n{text}\n"}))


def add_labels(stage: FinalStage, change: AddLabels) -> str:
    """Add one LABEL below the FROM of the final stage, or below its own labels."""
    pairs = " \\\n      ".join(f"{name}={quoted(value)}" for name, value in change.labels)
    labels = [item for item in stage.instructions if item.keyword == "LABEL"]
    anchor = labels[-1] if labels else stage.stage.instructions[0]
    end = "" if labels else "\n"
    return edited(stage.dockerfile, Edits(after={line_of(anchor): f"LABEL {pairs}\n{end}"}))


def set_command(stage: FinalStage, change: SetCommand) -> str:
    """Write CMD or ENTRYPOINT in exec form; its comments stay."""
    invocation = stage.command if change.keyword == "CMD" else stage.entrypoint
    if invocation is None:
        return stage.dockerfile.text
    text = f"{change.keyword} {in_exec_form(change.words)}\n"
    return edited(stage.dockerfile, Edits(replaced={line_of(invocation.instruction): text}))


def set_health_check(stage: FinalStage, change: SetHealthCheck) -> str:
    """Replace the command of the last HEALTHCHECK; its flags and comments stay as written."""
    found = [item for item in stage.inherited if item.keyword == "HEALTHCHECK"]
    if not found:
        return stage.dockerfile.text
    item = found[-1]
    head = item.text[: _command_start(item)]
    text = ended(head + in_exec_form(change.words))
    return edited(stage.dockerfile, Edits(replaced={line_of(item): text}))


def compile_application(project: Project, change: CompileApplication) -> Mapping[str, str]:
    """Compile after the last copy into the final stage, with hashes instead of times."""
    stage = lifted(project)
    text = comment(COMPILED) + _compiling(project, change)
    own = [item for item, found in stage.copies if found.stage is None]
    edits = Edits(after={line_of(own[-1]): f"\n{text}\n"})
    texts = {project.dockerfile_path: edited(stage.dockerfile, edits)}
    if change.modules:
        listed = "".join(f"{change.library}/{path}\n" for path in change.modules)
        texts[project.own(COMPILED_LIST)] = listed
    return texts


def _compiling(project: Project, change: CompileApplication) -> str:
    if not change.modules:
        return (
            "RUN python -m compileall -q --invalidation-mode unchecked-hash \\\n"
            f"    -x '{UNSERVED}' \\\n"
            f"    {change.library} {change.folder}\n"
        )
    return (
        f"{comment(LOADED)}"
        f"RUN --mount=type=bind,source={project.own_folder},target={FOLDER} \\\n"
        "    python -m compileall -q --invalidation-mode unchecked-hash \\\n"
        f"    -i {FOLDER}/{COMPILED_LIST} {change.folder}\n"
    )


def last_of_head(stage: FinalStage) -> Instruction:
    """The last instruction that only describes, before the stage begins to do something."""
    last = stage.stage.instructions[0]
    for item in stage.instructions:
        if item.keyword not in HEAD:
            break
        last = item
    return last


def _command_start(item: Instruction) -> int:
    """Where the command of a HEALTHCHECK begins in the text of the instruction."""
    if item.exec_form is not None:
        return item.text.index("[", item.text.index("CMD"))
    return run_script(item).excerpt.bounds[0]
