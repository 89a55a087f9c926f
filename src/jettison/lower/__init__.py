"""Back ends that turn a plan into text: edits of a Dockerfile leave the rest byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from jettison.formats.dockerfile import MAKING, Dockerfile, Instruction
from jettison.formats.dockerfile.lines import in_exec_form, quoted
from jettison.formats.dockerfile.run import run_script
from jettison.formats.shell import Command, Script
from jettison.lift import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.plan.changes import (
    AddLabels,
    CompileApplication,
    SetCommand,
    SetEnvironment,
    SetHealthCheck,
)
from jettison.values import is_listable

WIDTH = 100
CONTINUED = re.compile(r" \\\n")
EMPTY_LINES = re.compile(r"\A(?:[ \t]*\r?\n)+")
STAGE = re.compile(r"^\s*FROM\s", re.IGNORECASE | re.MULTILINE)
# The flags of an instruction, and what names a stage in them.
FLAGS = re.compile(r"\A\s*(?:COPY|ADD|RUN)(?:[\s\\`]+--\S+)+", re.IGNORECASE)
FROM_STAGE = re.compile(r"(\bfrom=)([^\s,]+)", re.IGNORECASE)


class Edits(Struct, frozen=True, kw_only=True):
    """What to do, by the line on which an instruction begins.

    ``replaced`` maps to the new text of the instruction; an empty text removes it together with
    the comments directly above it. ``before`` and ``after`` map to text put above (comments
    included) or below the instruction.
    """

    replaced: Mapping[int, str] = field(default_factory=dict)
    before: Mapping[int, str] = field(default_factory=dict)
    after: Mapping[int, str] = field(default_factory=dict)


def edited(dockerfile: Dockerfile, edits: Edits) -> str:
    """Give the text of the file with the edits.

    Where something came or went, empty lines do not add up. Line endings are those of the file.
    What takes files of a stage by its number takes them of the same stage.
    """
    owned = {id(comment) for item in dockerfile.instructions for comment in item.comments}
    mark = "".join(one.text for one in dockerfile.directives if not one.name)
    out = [directive.text for directive in dockerfile.directives if directive.name]
    numbers: list[int] = []
    stages = 0
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            stages += len(STAGE.findall(edits.before.get(line_of(item), "")))
            if item.keyword == "FROM":
                numbers.append(stages)
                stages += 1
            stages += len(STAGE.findall(edits.after.get(line_of(item), "")))
            for part in _parts(item, edits, dockerfile.escape):
                _append(out, _renumbered(part, numbers) if part is item.text else part)
        elif id(item) not in owned:
            _append(out, item.text)
    if not dockerfile.text.endswith("\n\n"):
        out[-1:] = [re.sub(r"\n{2,}\Z", "\n", text) for text in out[-1:]]
    text = mark + "".join(out)
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in dockerfile.text else text


def _parts(item: Instruction, edits: Edits, escape: str) -> Iterator[str]:
    """The texts that stand for one instruction: above it, its comments, itself, below it.

    What is written is continued by a backslash, and here by the file's own escape character.
    """
    line = line_of(item)
    text = edits.replaced.get(line, item.text)
    comments = "".join(comment.text for comment in item.comments) if text else ""
    parts = (edits.before.get(line, ""), comments, text, edits.after.get(line, ""))
    for part in filter(None, parts):
        if part is item.text:
            yield part
        elif escape == "\\" or "<<" in part:
            yield ended(part)
        else:
            yield ended(CONTINUED.sub(f" {escape}\n", part))


def _renumbered(text: str, numbers: Sequence[int]) -> str:
    """An instruction that names each stage by the number that it has in the new file."""

    def new(name: str) -> str:
        known = name.isdecimal() and int(name) < len(numbers)
        return str(numbers[int(name)]) if known else name

    return with_stages(text, new)


def with_stages(text: str, new: Callable[[str], str]) -> str:
    """An instruction that takes files of the stages whose names or numbers ``new`` gives."""

    def flags(found: re.Match[str]) -> str:
        return FROM_STAGE.sub(lambda one: f"{one[1]}{new(one[2])}", found[0])

    return FLAGS.sub(flags, text, count=1)


def _append(out: list[str], part: str) -> None:
    """Put one part behind the others; an empty line is not followed by more of them."""
    end = "".join(out[-2:])
    if not end or end.endswith(("\n\n", "\n\r\n")):
        part = EMPTY_LINES.sub("", part)
    elif not end.endswith("\n"):
        out.append("\n")
    if part:
        out.append(part)


def line_of(item: Instruction) -> int:
    """The line on which an instruction begins: its identity within one file."""
    if item.origin.line is None:
        raise ValueError("an instruction of a file always has a line")
    return item.origin.line


def ended(text: str) -> str:
    """The text with a line feed at its end."""
    return text if text.endswith("\n") else f"{text}\n"


def comment(text: str) -> str:
    """One or more sentences as comment lines no wider than the file should be."""
    lines, current = [], "#"
    for word in text.split():
        if len(current) + 1 + len(word) > WIDTH:
            lines.append(current)
            current = "#"
        current = f"{current} {word}"
    return "\n".join([*lines, current]) + "\n"


def written(script: Script, command: Command) -> str:
    """A command as it is in the file, continuation lines included."""
    start, end = script.excerpt.place(command.start), script.excerpt.place_after(command.end)
    return script.excerpt.source[start:end]


# Variables that only change how the application runs.
ONLY_RUNNING = frozenset({"PYTHONUNBUFFERED"})
HEAD = frozenset({"ARG", "LABEL", "ENV", "MAINTAINER", "SHELL"})
ENVIRONMENT_COMMENTS = {
    "PYTHONUNBUFFERED": "Write log lines at once, even when the process dies.",
    "UV_NO_SYNC": "`uv run` starts what was installed, and installs nothing at start-up.",
    "UV_NO_CACHE": "uv needs no folder for a cache, which a read-only container does not have.",
}
COMPILED = (
    "Byte code of the standard library and of the application: the image has none, and a read-only "
    "container would compile them again at every start."
)
LOADED = "Of the standard library, what the application loaded while it was watched."
COMPILED_LIST = "compiled-modules.txt"
FOLDER = "/removal"
# Parts of the standard library that no server imports, and what is compiled already.
UNSERVED = "/(site-packages|test|tests|idlelib|tkinter|turtledemo|lib2to3|ensurepip|pydoc_data)/"


def set_environment(stage: FinalStage, change: SetEnvironment) -> str:
    """Add one ENV below the head of the final stage.

    What no step reads goes behind the steps, whose cached results stay valid so.
    """
    comments = [
        ENVIRONMENT_COMMENTS[name] for name, _ in change.variables if name in ENVIRONMENT_COMMENTS
    ]
    pairs = " \\\n    ".join(f"{name}={quoted(value)}" for name, value in change.variables)
    text = "".join(comment(line) for line in comments) + f"ENV {pairs}\n"
    late = all(name in ONLY_RUNNING for name, _ in change.variables)
    anchor = last_step(stage) if late else last_of_head(stage)
    return edited(stage.dockerfile, Edits(after={line_of(anchor): f"\n{text}\n"}))


def add_labels(stage: FinalStage, change: AddLabels) -> str:
    """Add one LABEL behind the steps of the final stage, or below its own labels."""
    pairs = " \\\n      ".join(f"{name}={quoted(value)}" for name, value in change.labels)
    labels = [item for item in stage.instructions if item.keyword == "LABEL"]
    text = f"LABEL {pairs}\n" if labels else f"\nLABEL {pairs}\n\n"
    anchor = labels[-1] if labels else last_step(stage)
    return edited(stage.dockerfile, Edits(after={line_of(anchor): text}))


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
        listed = "".join(
            f"{change.library}/{path}\n" for path in change.modules if is_listable(path)
        )
        texts[project.own(COMPILED_LIST)] = listed
    return texts


def _compiling(project: Project, change: CompileApplication) -> str:
    """Compile the library; and the application so that a source which changes later counts."""
    unserved = f"    -x '{UNSERVED}' \\\n"
    if change.modules:
        mount = f"--mount=type=bind,source={project.own_folder},target={FOLDER}"
        head = f"{comment(LOADED)}RUN {mount} \\\n    "
        library, unserved = f"    -i {FOLDER}/{COMPILED_LIST}", ""
    else:
        head, library = "RUN ", f"{unserved}    {change.library}"
    text = f"{head}python -m compileall -q --invalidation-mode unchecked-hash \\\n{library}"
    if change.folder:
        text += " \\\n    && python -m compileall -q --invalidation-mode checked-hash"
        text += f" \\\n{unserved}    {change.folder}" if unserved else f" {change.folder}"
    return f"{text}\n"


def last_step(stage: FinalStage) -> Instruction:
    """The last instruction that makes files; where there is none, the last that only describes."""
    steps = [item for item in stage.instructions if item.keyword in MAKING]
    return steps[-1] if steps else last_of_head(stage)


def last_of_head(stage: FinalStage) -> Instruction:
    """The last instruction that only describes, before the stage begins to do something."""
    last = stage.first.instructions[0]
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
