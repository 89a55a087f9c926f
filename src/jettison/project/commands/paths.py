"""Commands that make paths, remove them, and change who may use them."""

from __future__ import annotations

import re

from msgspec import Struct

from jettison.project.commands.invocation import invocation
from jettison.project.shell import Command
from jettison.values import Origin


class Permission(Struct, frozen=True, kw_only=True):
    """A ``chown``, ``chgrp`` or ``chmod``: ``value`` is the owner (``app:app``) or the mode."""

    program: str
    value: str
    paths: tuple[str, ...]
    recursive: bool
    origin: Origin


class Directories(Struct, frozen=True, kw_only=True):
    """Directories that ``mkdir`` or ``install -d`` makes."""

    paths: tuple[str, ...]
    parents: bool
    mode: str | None
    owner: str | None
    group: str | None = None
    origin: Origin


class Removal(Struct, frozen=True, kw_only=True):
    """Paths that ``rm`` or ``rmdir`` removes; they may be patterns."""

    paths: tuple[str, ...]
    recursive: bool
    origin: Origin


def permission(command: Command) -> Permission | None:
    """Return the change of owner or mode that a command is; ``-x`` is a mode, not an option."""
    run = invocation(command)
    if run is None or run.program not in {"chown", "chgrp", "chmod"}:
        return None
    options = run.options
    words = [word.text for word in options.arguments]
    minus = [word.text for word in run.words if re.fullmatch(r"-[rwxXst]+", word.text)]
    if run.program == "chmod" and minus:
        words = [minus[0], *words]
    if len(words) < 2:  # noqa: PLR2004 (a value and a path)
        return None
    return Permission(
        program=run.program,
        value=words[0],
        paths=tuple(words[1:]),
        recursive=options.has("-R", "--recursive"),
        origin=run.origin,
    )


def directories(command: Command) -> Directories | None:
    """Return the directories that a command makes."""
    run = invocation(command)
    if run is None or not run.options.arguments:
        return None
    options = run.options
    if run.program == "install" and not options.has("-d", "--directory"):
        return None
    if run.program not in {"install", "mkdir"}:
        return None
    return Directories(
        paths=tuple(path for word in options.arguments for path in expand_braces(word.text)),
        parents=run.program == "install" or options.has("-p", "--parents"),
        mode=options.value("-m", "--mode"),
        owner=options.value("-o", "--owner"),
        group=options.value("-g", "--group"),
        origin=run.origin,
    )


def removal(command: Command) -> Removal | None:
    """Return the paths that a command removes."""
    run = invocation(command)
    if run is None or run.program not in {"rm", "rmdir"} or not run.options.arguments:
        return None
    return Removal(
        paths=tuple(path for word in run.options.arguments for path in expand_braces(word.text)),
        recursive=run.options.has("-r", "-R", "--recursive"),
        origin=run.origin,
    )


def expand_braces(text: str) -> tuple[str, ...]:
    """Return the words that the shell makes of ``/app/{media,static}``."""
    match = re.search(r"(?<!\$)\{([^{}]*,[^{}]*)\}", text)
    if match is None:
        return (text,)
    before, after = text[: match.start()], text[match.end() :]
    return tuple(
        word for part in match[1].split(",") for word in expand_braces(f"{before}{part}{after}")
    )
