"""The commands of a RUN, each with what it does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from enum import StrEnum
from functools import cached_property, lru_cache

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Commands
from jettison.ecosystems import TOOLS
from jettison.ecosystems.commands import (
    Directories,
    GroupChange,
    PackageInstall,
    Permission,
    PipInstall,
    ProjectInstall,
    UserChange,
    VirtualEnvironment,
    apt_sources,
    cleanup,
    compile_bytecode,
    directories,
    group_change,
    index_update,
    management,
    permission,
    pip_install,
    project_install,
    removal,
    system_install,
    system_remove,
    system_upgrade,
    tool_setting,
    user_change,
    virtual_environment,
)
from jettison.formats.dockerfile import Instruction
from jettison.formats.dockerfile.run import run_script
from jettison.formats.shell import SHELLS, Command, Script, Word
from jettison.values import Evidence, Origin, in_one_line


class ActionKind(StrEnum):
    """What a command does to the image."""

    INDEX = "update a package index"
    PACKAGES = "install system packages"
    REPOSITORY = "add a package repository"
    UPGRADE = "upgrade or remove system packages"
    CLEANUP = "remove what installers leave"
    PYTHON = "install requirements with pip"
    LOCKED = "install a locked project"
    ENVIRONMENT = "make a virtual environment"
    SETTING = "set up an installer or the shell"
    USER = "make or change a user or group"
    PERMISSION = "change owners or modes"
    FOLDER = "make folders"
    APPLICATION = "prepare the application"
    OTHER = "something else"


Fact = (
    PackageInstall
    | PipInstall
    | ProjectInstall
    | VirtualEnvironment
    | UserChange
    | GroupChange
    | Permission
    | Directories
    | None
)


class Action(Struct, frozen=True, kw_only=True):
    """One command of a RUN with its kind, and the facts of kinds that have some."""

    command: Command
    kind: ActionKind
    fact: Fact
    instruction: Instruction

    @property
    def text(self) -> str:
        """The command as the shell reads it."""
        return self.command.raw

    @property
    def short(self) -> str:
        """The beginning of the text, in one line."""
        return " ".join(self.text.split())[:60]

    @property
    def origin(self) -> Origin:
        """The lines of the command."""
        return self.command.origin


_INSTALLATIONS = (ActionKind.PACKAGES, ActionKind.PYTHON)
# Kinds that touch no file that an installation of requirements reads.
_OF_SYSTEM = frozenset(
    {ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.REPOSITORY, ActionKind.UPGRADE}
    | {ActionKind.SETTING, ActionKind.USER, ActionKind.FOLDER}
)


class LiftedRun(Struct, frozen=True, kw_only=True, dict=True):
    """A RUN instruction, its script and its actions in order."""

    instruction: Instruction
    script: Script
    actions: tuple[Action, ...]

    @cached_property
    def editable(self) -> bool:
        """Whether single commands can be taken out: no conditions, no piped installation."""
        piped = any(
            action.command.pipeline is not None and action.kind in _INSTALLATIONS
            for action in self.actions
        )
        return self.script.flat and self.script.understood and not piped

    def gives(self, action: Action) -> bool:
        """Whether one of its commands can be taken out: no condition is around it, nor a pipe.

        What conditions hold beside it may not change what it reads.
        """
        command = action.command
        plain = self.script.editable and self.script.understood
        beside = (each for each in self.actions if each.command.nested)
        apart = plain and not command.nested and command.pipeline is None
        return self.editable or (apart and all(each.kind in _OF_SYSTEM for each in beside))

    @cached_property
    def moves(self) -> bool:
        """Whether it changes the folder or the environment of what comes after."""
        return any(action.command.name in ("cd", "export") for action in self.actions)


# Tried in order. Commands without a fact are known by a truth value.
_FACTS: tuple[tuple[ActionKind, Callable[[Command], Fact]], ...] = (
    (ActionKind.PACKAGES, system_install),
    (ActionKind.PYTHON, pip_install),
    (ActionKind.LOCKED, project_install),
    (ActionKind.ENVIRONMENT, virtual_environment),
    (ActionKind.USER, user_change),
    (ActionKind.USER, group_change),
    (ActionKind.PERMISSION, permission),
    (ActionKind.FOLDER, directories),
)
_SIGNS: tuple[tuple[ActionKind, Callable[[Command], object]], ...] = (
    (ActionKind.INDEX, index_update),
    (ActionKind.UPGRADE, system_upgrade),
    (ActionKind.UPGRADE, system_remove),
    (ActionKind.CLEANUP, cleanup),
    (ActionKind.SETTING, tool_setting),
    (ActionKind.APPLICATION, management),
    (ActionKind.APPLICATION, compile_bytecode),
    (ActionKind.CLEANUP, removal),
)
# Shells that read what `/bin/sh` reads, with options that only stop a step earlier.
_READS_SH = re.compile(
    r'"(?:/bin/(?:ba|a|da)?sh"|/mnt/busybox",\s*"sh")'
    r'(?:,\s*"(?:-[eoux]+|errexit|nounset|pipefail|xtrace)")*,\s*"-[eoux]*c"\s*\]\s*$'
)
# Commands that only change how the shell or its messages behave.
_SILENT = frozenset({"set", "true", ":", "echo", "cd", "export", "exit", "test", "["})


@lru_cache(maxsize=4096)
def lifted_run(instruction: Instruction) -> LiftedRun:
    """Recognize the commands of a RUN instruction."""
    script = run_script(instruction)
    sources = {id(command) for source in apt_sources(script) for command in source.commands}
    actions = tuple(
        Action(command=command, kind=ActionKind.REPOSITORY, fact=None, instruction=instruction)
        if id(command) in sources
        else _action(command, instruction)
        for command in script.commands
    )
    return LiftedRun(instruction=instruction, script=script, actions=actions)


def runs_in(instructions: Iterable[Instruction]) -> Iterator[LiftedRun]:
    """Recognize the commands of each RUN among instructions."""
    return (lifted_run(item) for item in instructions if item.keyword == "RUN")


def actions_in(instructions: Iterable[Instruction]) -> Iterator[Action]:
    """Give what the commands of each RUN among instructions do."""
    return (action for run in runs_in(instructions) for action in run.actions)


def _action(command: Command, instruction: Instruction) -> Action:
    for kind, read in _FACTS:
        fact = read(command)
        if fact is not None:
            return Action(command=command, kind=kind, fact=fact, instruction=instruction)
    kind = next((kind for kind, sign in _SIGNS if sign(command)), ActionKind.OTHER)
    if kind is ActionKind.OTHER and (command.name in _SILENT or not command.name):
        kind = ActionKind.SETTING
    return Action(command=command, kind=kind, fact=None, instruction=instruction)


QUESTIONS = frozenset({"--version", "-V", "-v", "version", "--print-architecture", "--help"})


def is_silent(action: Action) -> bool:
    """Whether a command adds nothing to speak of: a link, a line of text, a question, a version."""
    words = action.command.words
    asks = len(words) > 1 and set(words[1:]) <= QUESTIONS
    return asks or posixpath.basename(action.command.name) in table(Commands).silent


def is_plain(action: Action) -> bool:
    """Whether a command only fetches, unpacks or writes files, so that it needs no compiler."""
    return is_silent(action) or posixpath.basename(action.command.name) in table(Commands).fetching


def steps_not_understood(
    actions: Iterable[Action], instructions: Iterable[Instruction]
) -> tuple[Evidence, ...]:
    """The commands and instructions that no rule knows."""
    steps = [
        Evidence.of("step", f"RUN {_short(action.text)}", action.origin)
        for action in actions
        if action.kind is ActionKind.OTHER and not is_plain(action)
    ]
    steps += [
        Evidence.of("step", _short(item.text), item.origin)
        for item in instructions
        if item.keyword == "ONBUILD"
        or (item.keyword == "SHELL" and not _READS_SH.search(item.text))
    ]
    return tuple(steps)


def _short(text: str) -> str:
    return in_one_line(text.replace("\\\n", " "), 90)


INSTALLERS = frozenset({"pip", "setuptools", "wheel", "pip-tools", "build", *TOOLS}) | {
    name for tool in TOOLS.values() for name in tool.with_tool
}


# What of a requirement follows its name.
_AFTER_NAME = re.compile(r"[^\w-].*")


def named_by(word: Word) -> str:
    """Give the name of the distribution that a requirement asks for, in small letters."""
    return _AFTER_NAME.sub("", word.text).lower()


def is_installer(word: Word) -> bool:
    """Whether a requirement is pip or another installer itself."""
    return named_by(word) in INSTALLERS


FETCHING = frozenset({"curl", "wget"})


def runs_fetched(action: Action, loads: Collection[str]) -> bool:
    """Whether a shell runs what a pipe or a download gives it, or a file that ``loads`` name.

    ``loads`` are the words of the commands and instructions that fetch files.
    """
    words = action.command.words
    program = posixpath.basename("".join(words[:1]))
    given = [word for word in words[1:] if not word.startswith("-")]
    if program in SHELLS and (not given or "-c" in words):
        inner = {each.name for each in action.command.substitutions}
        return not given or not FETCHING.isdisjoint(inner)
    path = given[0] if program in SHELLS else "".join(words[:1])
    return "/" in path and any(path in text for text in loads)
