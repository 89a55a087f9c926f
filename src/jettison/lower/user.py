"""Runs the final stage as a user that is not root, and leaves the code to root."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from jettison.ecosystems.commands import (
    Directories,
    GroupChange,
    Permission,
    UserChange,
    written_paths,
)
from jettison.formats.dockerfile import Instruction
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import without
from jettison.lift.action import Action, ActionKind
from jettison.lift.stage import FinalStage
from jettison.lift.stages import steps_on
from jettison.lower import Edits, comment, edited, ended, line_of
from jettison.plan.changes import RunAsUser
from jettison.values import is_within

# A user that variables give, without what "${NAME:-default}" would say.
VARIABLES = re.compile(r"\A(?=.*\$)[\w$-]+(?::[\w$-]+)?\Z")
CHOWN = re.compile(r"\s--chown=\S+")
START = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "EXPOSE", "VOLUME", "STOPSIGNAL"})


def run_as_user(stage: FinalStage, change: RunAsUser) -> str:
    """Give the Dockerfile with the user, its folders, and the owner of what is copied."""
    replaced = _with_owners(stage, change)
    before: dict[int, str] = {}
    if change.create:
        before[line_of(_first_step(stage))] = _creation(change)
        replaced |= {line_of(i): "" for i in stage.instructions if i.keyword == "USER"}
        end = f"USER {change.uid}:{change.gid}\n\n"
        anchor = line_of(_first_start(stage))
    else:
        end = ""
        anchor = line_of(_last_user(stage))
    after = _root_again(stage) if change.create else {}
    text = _folders(change, _owner(stage, change)) + end
    if change.create and _ends_with_a_step(stage):
        after[anchor] = text.rstrip("\n") + "\n"
    else:
        before[anchor] = before.get(anchor, "") + text
    return edited(stage.dockerfile, Edits(replaced=replaced, before=before, after=after))


def _root_again(stage: FinalStage) -> dict[int, str]:
    """Stages that are built on this one keep the user that their steps were written for."""
    text = "# Its steps need root, as before.\nUSER root\n"
    return {line_of(each.instructions[0]): text for each in steps_on(stage)}


def recursive_on(action: Action, folder: str, stage: FinalStage) -> Permission | None:
    """The recursive change of owner or mode that an action makes to the application's folder."""
    fact = action.fact
    if not isinstance(fact, Permission) or not fact.recursive:
        return None
    paths = {stage.absolute(path.removesuffix("/*"), action.instruction) for path in fact.paths}
    return fact if folder in paths else None


def _creation(change: RunAsUser) -> str:
    name, uid, gid = change.name, change.uid, change.gid
    if change.adduser:
        text = f"RUN addgroup -g {gid} {name} && adduser -D -u {uid} -G {name} {name}\n"
    else:
        text = (
            f"RUN groupadd --gid {gid} {name} \\\n"
            f"    && useradd --no-log-init --create-home --uid {uid} --gid {gid} {name}\n"
        )
    return f"\n{text}\n"


def _folders(change: RunAsUser, names: tuple[str, str]) -> str:
    if not change.writable:
        return ""
    if change.owns_code:
        text = "The application may write beside its code, which it owns."
    elif change.writable == (change.application,):
        text = "The code belongs to root; the application may add files beside it."
    else:
        text = "The code belongs to root; the application writes here alone."
    user, group = names
    owner = f"-o {user} -g {group}" if group else f"-o {user}"
    folders = f"RUN install -d {owner} {' '.join(change.writable)}"
    filled = () if change.owns_code else change.filled
    owned = (*filled, *(p for p in change.files if not any(is_within(p, each) for each in filled)))
    if owned:
        both = f"{user}:{group}" if group else user
        folders += f" \\\n    && chown -R {both} {' '.join(owned)}"
    return f"\n{comment(text)}{folders}\n"


def _owner(stage: FinalStage, change: RunAsUser) -> tuple[str, str]:
    """User and group as they are written; variables of a USER stay variables."""
    if change.create:
        return str(change.uid), str(change.gid)
    found = [item for item in stage.instructions if item.keyword == "USER"]
    written = found[-1].arguments.strip() if found else ""
    name = written if VARIABLES.search(written) else change.name
    user, _, group = name.partition(":")
    return user, group


def _with_owners(stage: FinalStage, change: RunAsUser) -> dict[int, str]:
    """Take away owners and modes that are given to the whole application once more."""
    replaced = {}
    modes = []
    unused = _made_again(stage, change)
    for run in stage.runs:
        gone = [action.command for action in run.actions if action in unused]
        for action in run.actions:
            found = recursive_on(action, change.application, stage)
            if found:
                gone.append(action.command)
                modes += [found.value] if found.program == "chmod" else []
        if gone and run.editable:
            source = without(run.script, gone)
            replaced[line_of(run.instruction)] = (
                "" if source is None else with_script(run.instruction, source)
            )
    for item, copied in stage.copies:
        into = stage.absolute(copied.destination, item)
        if copied.stage is None and is_within(into, change.application):
            mode = modes[-1] if modes and into == change.application else None
            replaced[line_of(item)] = _copy(item, change, mode)
    return replaced


def _made_again(stage: FinalStage, change: RunAsUser) -> tuple[Action, ...]:
    """Commands for the writable folders, but for those that a step which stays relies on."""
    made = [a for a in stage.actions if _is_made_again(a, change.writable, stage)]
    stay = [
        a for a in stage.actions if a not in made and not recursive_on(a, change.application, stage)
    ]
    return tuple(
        action
        for action in made
        if not any(_relies_on(later, action, stage) for later in stay if _follows(later, action))
    )


def _follows(later: Action, action: Action) -> bool:
    return (line_of(later.instruction), later.command.start) > (
        line_of(action.instruction),
        action.command.start,
    )


def _relies_on(later: Action, action: Action, stage: FinalStage) -> bool:
    """Whether a later command names what an action made, or may use anything."""
    if later.kind is ActionKind.OTHER:
        return True
    if not isinstance(action.fact, Directories | Permission):
        return False
    made = [stage.absolute(path, action.instruction) for path in action.fact.paths]
    words = (*later.command.words[1:], *written_paths(later.command))
    named = [stage.absolute(word, later.instruction) for word in words]
    return any(is_within(path, folder) for path in named for folder in made)


def _is_made_again(action: Action, writable: Iterable[str], stage: FinalStage) -> bool:
    """Whether a command makes nothing, or gives owners to nothing, but the writable folders."""
    fact = action.fact
    made = action.kind is ActionKind.FOLDER and isinstance(fact, Directories)
    owned = isinstance(fact, Permission) and fact.program in ("chown", "chgrp")
    if not isinstance(fact, Directories | Permission) or not (made or owned):
        return False
    return {stage.absolute(path, action.instruction) for path in fact.paths} <= set(writable)


def _copy(item: Instruction, change: RunAsUser, mode: str | None) -> str:
    """A COPY with the owner that its files shall have, and the mode that a chmod gave them."""
    text = CHOWN.sub("", item.text, count=1)
    flags = f" --chown={change.uid}:{change.gid}" if change.owns_code else ""
    if mode and "--chmod=" not in text:
        flags += f" --chmod={mode}"
    start = re.match(r"\s*\S+", text)
    place = start.end() if start else 0
    return ended(text[:place] + flags + text[place:])


def _last_user(stage: FinalStage) -> Instruction:
    """The USER of the stage, before which root still acts."""
    found = [item for item in stage.instructions if item.keyword == "USER"]
    return found[-1] if found else _first_start(stage)


def _first_step(stage: FinalStage) -> Instruction:
    """The first instruction that brings something into the stage after its packages."""
    copies = [item for item, _ in stage.copies]
    return copies[0] if copies else _first_start(stage)


def _ends_with_a_step(stage: FinalStage) -> bool:
    """Whether nothing follows the last step, so that the user comes behind it."""
    return _first_start(stage).keyword not in START


def _first_start(stage: FinalStage) -> Instruction:
    """The first instruction after the last step, where the image only describes its start."""
    last = stage.first.instructions[0]
    for item in stage.instructions:
        if item.keyword not in START:
            last = item
    following = [i for i in stage.instructions if line_of(i) > line_of(last)]
    return following[0] if following else last


def busybox(fact: UserChange | GroupChange, program: str) -> str:
    """Write the command that makes the same user or group; ``program`` is what made it before.

    Unlike ``useradd``, busybox makes a home directory by default.
    """
    if isinstance(fact, GroupChange):
        options = ["-S"] * fact.system + (["-g", fact.gid] if fact.gid else [])
        return " ".join(["addgroup", *options, fact.name])
    if fact.action == "modify":
        return " && ".join(f"addgroup {fact.name} {group}" for group in fact.groups)
    made = fact.home_made if program == "useradd" else fact.home_made is not False
    options = ["-S"] * fact.system + ["-D"]
    options += ["-u", fact.uid] if fact.uid else []
    options += ["-G", fact.group] if fact.group else []
    options += ["-h", fact.home] if fact.home else []
    options += ["-s", _shell(fact.shell)] if fact.shell else []
    options += [] if made else ["-H"]
    user = " ".join(["adduser", *options, fact.name])
    own = f"addgroup -S {fact.name} && " if _has_own_group(fact, program) else ""
    others = "".join(f" && addgroup {fact.name} {group}" for group in fact.groups)
    return f"{own}{user}{others}"


def _has_own_group(fact: UserChange, program: str) -> bool:
    """Debian's ``adduser --system --group`` makes the group as well."""
    return program == "adduser" and fact.system and fact.group == fact.name


def _shell(shell: str) -> str:
    """Alpine has no bash."""
    return "/bin/sh" if shell.endswith("bash") else shell


def shadow(fact: UserChange | GroupChange, words: Sequence[str], root: str) -> str:
    """Write the command that makes the same user or group in the files below ``root``.

    ``words`` are those of the command that made it before; those of Debian's ``adduser``, which
    cannot work on another root, become those of ``useradd``.
    """
    program = words[0].rpartition("/")[2]
    if program in ("adduser", "addgroup"):
        words = _shadow_group(fact) if isinstance(fact, GroupChange) else _shadow_user(fact)
    return shlex.join((words[0], "--prefix", root, *words[1:]))


def _shadow_group(fact: GroupChange) -> tuple[str, ...]:
    if fact.member is not None:
        return ("usermod", "--append", "--groups", fact.name, fact.member)
    number = ("--gid", fact.gid) if fact.gid else ()
    return ("groupadd", *["--system"] * fact.system, *number, fact.name)


def _shadow_user(fact: UserChange) -> tuple[str, ...]:
    if fact.action == "modify":
        return ("usermod", "--append", "--groups", ",".join(fact.groups), fact.name)
    made = fact.home_made is not False and not fact.system
    own = fact.group == fact.name or (fact.group is None and not fact.system)
    options = ["--system"] * fact.system + ["--create-home" if made else "--no-create-home"]
    options += ["--uid", fact.uid] if fact.uid else []
    options += ["--user-group"] if own else ["--gid", fact.group or "nogroup"]
    options += ["--home-dir", fact.home] if fact.home else []
    options += ["--shell", fact.shell] if fact.shell else []
    return ("useradd", *options, fact.name)
