"""Lets the image start from nothing: its last stages take what stays of the one before them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.catalogue import removal_script
from jettison.formats.dockerfile import Instruction, Stage
from jettison.formats.dockerfile.lines import in_exec_form
from jettison.lift.project import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.lower.build_stage import let_in, mounted
from jettison.lower.instructions import FOLDER, Edits, comment, edited, ended, line_of
from jettison.plan.changes import StartFromNothing
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

COMPLETE = "complete"
KEPT = "kept"
SORTED = "/layers"
# What the application is run with moves to the last stage; what steps see too is said in both.
MOVED = frozenset({
    "LABEL", "MAINTAINER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "CMD", "ENTRYPOINT",
})  # fmt: skip
REPEATED = frozenset({"ARG", "ENV", "WORKDIR", "SHELL"})
STEPS = frozenset({"RUN", "COPY", "ADD"})
LEFT_OUT = "Remove what the application cannot reach; the list says what and why."
FROM_NOTHING = (
    "The image starts from nothing and takes what is left: a layer on top of the base could hide "
    "files, but not take them out."
)
SAID_AGAIN = "What the base image and the stage above set."


def start_from_nothing(project: Project, change: StartFromNothing) -> Mapping[str, str]:
    """Add the two last stages, the lists and the programs that apply them.

    A stage that is built by its name hands the name on to the last one.
    """
    stage, target = lifted(project), project.target
    name = _free(project, f"{target}-{COMPLETE}") if target else stage.stage.name
    name = name or _free(project, COMPLETE)
    kept = _free(project, KEPT)
    first, last = stage.stage.instructions[0], project.dockerfile.instructions[-1]
    replaced = dict(_renamed(project, target, name)) if target else {}
    replaced |= {line_of(item): "" for item in stage.stage.instructions if item.keyword in MOVED}
    replaced |= {line_of(item): "" for item in _users_at_end(stage.stage)}
    if stage.stage.name is None:
        replaced[line_of(first)] = f"{first.text.rstrip()} AS {name}\n"
    taking = _taking(project, name, kept, change)
    taken = _from_nothing(stage, kept, f"scratch AS {target}" if target else "scratch", change)
    edits = Edits(replaced=replaced, after={line_of(last): f"\n{taking}\n{taken}"})
    return {
        project.dockerfile_path: edited(project.dockerfile, edits),
        project.own(SYSTEM_LIST): SYSTEM_HEAD + system_written(change.groups),
        project.own(LAYERS): layers_written((one.name, one.folders) for one in change.layers),
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
            text = re.sub(rf"(?i)(\bfrom=){word}(?=[\s,])", rf"\g<1>{new}", item.text)
        if text != item.text:
            yield line_of(item), text


def _free(project: Project, name: str) -> str:
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
    text = project.texts.get(project.own(listing.LIST), "")
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
        *(_commented(item) for item in moved),
    ]
    return "\n".join(part for part in parts if part)


def _users_at_end(stage: Stage) -> Iterator[Instruction]:
    """The last USER, when no step of the stage runs as that user."""
    for item in reversed(stage.instructions):
        if item.keyword in STEPS:
            return
        if item.keyword == "USER":
            yield item


def _texts(items: list[Instruction]) -> Iterator[str]:
    return (ended(item.text) for item in items)


def _commented(item: Instruction) -> str:
    return "".join(comment.text for comment in item.comments) + ended(item.text)
