"""Lets the image start from nothing: its last stage takes the files of the one before it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from jettison.catalogue.reader import removal_script
from jettison.changes import StartFromNothing
from jettison.facts import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.lower.instructions import COMPILED_LIST, exec_form, quoted
from jettison.lower.removal import FOLDER, let_in
from jettison.lower.text import Edits, comment, edited, ended, line_of
from jettison.project.dockerfile import Instruction, Stage
from jettison.removal import listing
from jettison.removal.system_group import HEAD, LIST, SCRIPT, written

COMPLETE = "complete"
SYSTEM = "system"
# What the application is run with moves to the last stage; what steps see too is said in both.
MOVED = frozenset({
    "LABEL", "MAINTAINER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "CMD", "ENTRYPOINT",
})  # fmt: skip
REPEATED = frozenset({"ARG", "ENV", "WORKDIR", "SHELL"})
# What the steps of a build read beside the Dockerfile.
OF_BUILD = (LIST, SCRIPT, listing.LIST, listing.SCRIPT, listing.HOOK, COMPILED_LIST)
STEPS = frozenset({"RUN", "COPY", "ADD"})
LEFT_OUT = "What the application cannot reach leaves the system; the list names it, and why."
FROM_NOTHING = (
    "The image starts from nothing and takes what is left: a layer on top of the base could hide "
    "files, but not take them out."
)
BUILT_WITH = "What only this build reads is no part of the application."
SAID_AGAIN = "What the base image and the stage above set."


def start_from_nothing(project: Project, change: StartFromNothing) -> Mapping[str, str]:
    """Add the two last stages, the list and the program that applies it."""
    stage = lifted(project)
    name = stage.stage.name or _free(project, COMPLETE)
    system = _free(project, SYSTEM)
    first, last = stage.stage.instructions[0], project.dockerfile.instructions[-1]
    replaced = {line_of(item): "" for item in stage.stage.instructions if item.keyword in MOVED}
    replaced |= {line_of(item): "" for item in _users_at_end(stage.stage)}
    if stage.stage.name is None:
        replaced[line_of(first)] = f"{first.text.rstrip()} AS {name}\n"
    stages = f"\n{_system(name, system, change)}\n{_from_nothing(stage, name, system, change)}"
    texts = {
        project.in_context(LIST): HEAD + written(change.groups),
        project.in_context(SCRIPT): removal_script(SCRIPT),
    }
    own = [each for each in OF_BUILD if project.in_context(each) in {**project.texts, **texts}]
    after = dict(_without(stage, own))
    after[line_of(last)] = after.get(line_of(last), "") + stages
    edits = Edits(replaced=replaced, after=after)
    return {
        project.dockerfile_path: edited(project.dockerfile, edits),
        **texts,
        **let_in(project, (LIST, SCRIPT)),
    }


def _without(stage: FinalStage, names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Steps behind each copy of the whole context that take out of it what the build reads."""
    for item, found in stage.copies:
        whole = "." in map(posixpath.normpath, found.sources)
        if found.stage is None and whole and stage.is_root_at(item):
            folder = stage.absolute(found.destination, item)
            paths = [quoted(posixpath.join(folder, name)) for name in names]
            lines = " \\\n    ".join(paths)
            yield line_of(item), f"\n{comment(BUILT_WITH)}RUN rm -f {lines}\n"


def _free(project: Project, name: str) -> str:
    """A name that no stage has."""
    taken = {stage.name for stage in project.dockerfile.stages}
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, 99))) if n not in taken)


def _system(name: str, system: str, change: StartFromNothing) -> str:
    words = (change.python, "-I", f"{FOLDER}/{SCRIPT}", f"{FOLDER}/{LIST}", *change.apart)
    return (
        f"{comment(LEFT_OUT)}"
        f"FROM {name} AS {system}\n"
        "USER root\n"
        f"COPY {LIST} {SCRIPT} {FOLDER}/\n"
        f"RUN {exec_form(words)}\n"
    )


def _from_nothing(stage: FinalStage, name: str, system: str, change: StartFromNothing) -> str:
    copies = "".join(f"COPY --from={name} {path} {path}\n" for path in change.apart)
    base = " \\\n    ".join(f"{key}={quoted(value)}" for key, value in change.variables)
    said = [item for item in stage.inherited if item.keyword in REPEATED]
    users = [item for item in stage.inherited if item.keyword == "USER"]
    moved = [item for item in stage.inherited if item.keyword in MOVED]
    parts = [
        f"{comment(FROM_NOTHING)}FROM scratch\nCOPY --from={system} / /\n{copies}",
        f"{comment(SAID_AGAIN)}ENV {base}\n{''.join(_texts([*said, *users[-1:]]))}",
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
