"""Runs the final stage as a user that is not root, and leaves the code to root."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from jettison.changes import RunAsUser
from jettison.lift.action import Action, ActionKind
from jettison.lift.stage import FinalStage
from jettison.lower.text import Edits, comment, edited, ended, line_of
from jettison.project.commands import Directories, Permission
from jettison.project.dockerfile import Instruction
from jettison.project.dockerfile.run import with_script
from jettison.project.shell import without

START = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "EXPOSE", "VOLUME", "STOPSIGNAL"})


def run_as_user(stage: FinalStage, change: RunAsUser) -> str:
    """Give the Dockerfile with the user, its folders, and copies that root owns."""
    replaced = _without_owners(stage, change)
    before: dict[int, str] = {}
    users = [item for item in stage.instructions if item.keyword == "USER"]
    if change.create:
        before[line_of(_first_step(stage))] = _creation(change)
        replaced |= {line_of(item): "" for item in users}
        anchor = line_of(_first_start(stage))
        before[anchor] = before.get(anchor, "") + _folders(change) + _user(change) + "\n"
    elif users and change.writable:
        before[line_of(users[-1])] = _folders(change) + "\n"
    return edited(stage.dockerfile, Edits(replaced=replaced, before=before))


def recursive_on(action: Action, folder: str, stage: FinalStage) -> Permission | None:
    """The recursive change of owner or mode that an action makes to the application's folder."""
    fact = action.fact
    if not isinstance(fact, Permission) or not fact.recursive:
        return None
    paths = {absolute(path, stage) for path in fact.paths}
    return fact if folder in paths else None


def absolute(path: str, stage: FinalStage) -> str:
    """A path of the image, made absolute at the working directory of the end of the stage."""
    return posixpath.normpath(posixpath.join(stage.folder, stage.expanded(path)))


def _creation(change: RunAsUser) -> str:
    name, uid, gid = change.name, change.uid, change.gid
    if change.adduser:
        text = f"RUN addgroup -g {gid} {name} && adduser -D -u {uid} -G {name} {name}\n"
    else:
        text = (
            f"RUN groupadd --gid {gid} {name} \\\n"
            f"    && useradd --no-log-init --create-home --uid {uid} --gid {gid} {name}\n"
        )
    return text + "\n"


def _folders(change: RunAsUser) -> str:
    if not change.writable:
        return ""
    paths = " ".join(change.writable)
    owner, _, group = change.name.partition(":")
    names = (str(change.uid), str(change.gid)) if change.create else (owner, group or owner)
    return comment("The code belongs to root; the application writes here alone.") + (
        f"RUN install -d -o {names[0]} -g {names[1]} {paths}\n"
    )


def _user(change: RunAsUser) -> str:
    return f"USER {change.uid}:{change.gid}\n"


def _without_owners(stage: FinalStage, change: RunAsUser) -> dict[int, str]:
    """Take away owners and modes that are given to the whole application once more."""
    replaced = {}
    modes = []
    for run in stage.runs:
        gone = []
        for action in run.actions:
            found = recursive_on(action, change.application, stage)
            if found:
                gone.append(action.command)
                modes += [found.value] if found.program == "chmod" else []
            elif change.create and _is_made_again(action, change.writable, stage):
                gone.append(action.command)
        if gone and run.editable:
            source = without(run.script, gone)
            replaced[line_of(run.instruction)] = (
                "" if source is None else with_script(run.instruction, source)
            )
    for item, copied in stage.copies:
        into = absolute(copied.destination, stage)
        if (
            copied.stage is None
            and posixpath.commonpath([into, change.application]) == change.application
        ):
            mode = modes[-1] if modes and into == change.application else None
            replaced[line_of(item)] = _copy(item, mode)
    return replaced


def _is_made_again(action: Action, writable: Iterable[str], stage: FinalStage) -> bool:
    """Whether a command makes nothing, or gives owners to nothing, but the writable folders."""
    fact = action.fact
    made = action.kind is ActionKind.FOLDER and isinstance(fact, Directories)
    owned = isinstance(fact, Permission) and fact.program in ("chown", "chgrp")
    if not isinstance(fact, Directories | Permission) or not (made or owned):
        return False
    return {absolute(path, stage) for path in fact.paths} <= set(writable)


def _copy(item: Instruction, mode: str | None) -> str:
    """A COPY without an owner of its own, and with the mode that a chmod gave its files."""
    words = item.text.split(" ")
    kept = [word for word in words if not word.startswith("--chown=")]
    if mode and not any(word.startswith("--chmod=") for word in kept):
        kept.insert(1, f"--chmod={mode}")
    return ended(" ".join(kept))


def _first_step(stage: FinalStage) -> Instruction:
    """The first instruction that brings something into the stage after its packages."""
    copies = [item for item, _ in stage.copies]
    return copies[0] if copies else _first_start(stage)


def _first_start(stage: FinalStage) -> Instruction:
    """The first instruction after the last step, where the image only describes its start."""
    last = stage.stage.instructions[0]
    for item in stage.instructions:
        if item.keyword not in START:
            last = item
    following = [i for i in stage.instructions if line_of(i) > line_of(last)]
    return following[0] if following else last
