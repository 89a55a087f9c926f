"""Commands of development servers: with a reload flag, and without."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jettison.ecosystems import TOOLS

# What makes each server watch the source.
_FLAGS = {
    "uvicorn": "--reload",
    "gunicorn": "--reload",
    "hypercorn": "--reload",
    "granian": "--reload",
    "fastapi": "--reload",
    "litestar": "--reload",
    "quart": "--debug",
    "flask": "--debug",
}
# Subcommands that serve, for programs that do other things too.
_SERVES = {"fastapi": ("run",), "litestar": ("run",), "flask": ("run",), "quart": ("run",)}
_WITH_VALUE = (
    "--reload-dir", "--reload-include", "--reload-exclude", "--reload-delay", "--reload-engine",
    "--reload-extra-file"
)  # fmt: skip
# Reloading servers run one process.
_ALONE = ("uvicorn", "fastapi", "granian")
_SHELLS = ("sh", "bash", "ash", "dash")
# Words that may stand before the program that serves.
_STARTERS = frozenset(
    {"exec", "env", "-m", "-u", "tini", "dumb-init", "--", "-g", "run", *TOOLS}
    | {"opentelemetry-instrument", "ddtrace-run", "newrelic-admin", "run-program"}
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SCRIPT_COMMAND = re.compile(r"[^;&|\n]+")
_WORD = re.compile(r"\S+")


def with_reload(words: Iterable[str]) -> tuple[str, ...]:
    """Return a command that serves with a reload flag; others stay as they are.

    Words of a script in ``sh -c`` are changed too.
    """
    return _changed(tuple(words), add=True)


def without_reload(words: Iterable[str]) -> tuple[str, ...]:
    """Return a command without its reload flags; one that has none stays as it is."""
    return _changed(tuple(words), add=False)


def script_with_reload(script: str) -> str:
    """Return a shell script whose serving commands have a reload flag."""
    return _SCRIPT_COMMAND.sub(lambda found: _script(found[0], add=True), script)


def script_without_reload(script: str) -> str:
    """Return a shell script whose serving commands have no reload flag."""
    return _SCRIPT_COMMAND.sub(lambda found: _script(found[0], add=False), script)


def _changed(words: tuple[str, ...], *, add: bool) -> tuple[str, ...]:
    if not words:
        return words
    if _name(words[0]) in _SHELLS and len(words) > 1:
        *before, script = words
        return (*before, script_with_reload(script) if add else script_without_reload(script))
    server = _server(words)
    if server is None:
        return words
    if add and _FLAGS[server] in words:
        return words
    bare = _without_flags(words, server)
    if not add:
        return bare
    if server in _ALONE:
        bare = _without_options(bare, ("--workers",))
    return (*bare, _FLAGS[server])


def _script(command: str, *, add: bool) -> str:
    """Change one command of a script; its quotes and spaces stay."""
    words = tuple(_WORD.findall(command))
    changed = _changed(words, add=add) if words and _name(words[0]) not in _SHELLS else words
    if changed == words:
        return command
    start = len(command) - len(command.lstrip())
    end = command[len(command.rstrip()) :]
    return command[:start] + _joined(command.strip(), changed) + end


def _joined(command: str, words: tuple[str, ...]) -> str:
    """Join words as they were apart, when they only grew at the end."""
    old = tuple(_WORD.findall(command))
    if words[: len(old)] == old:
        return " ".join([command, *words[len(old) :]])
    return " ".join(words)


def _server(words: tuple[str, ...]) -> str | None:
    """Return the serving program of a command, also behind exec, env and python -m."""
    for index, word in enumerate(words):
        name = _name(word)
        if name in _FLAGS:
            needed = _SERVES.get(name)
            return name if needed is None or set(needed) & set(words[index + 1 :]) else None
        if not (name in _STARTERS or _ASSIGNMENT.match(word) or name.startswith("python")):
            return None
    return None


def _without_flags(words: tuple[str, ...], server: str) -> tuple[str, ...]:
    flag = _FLAGS[server]
    return _without_options(tuple(word for word in words if word != flag), _WITH_VALUE)


def _without_options(words: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without options and their values (``--x 1`` and ``--x=1``)."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in options:
            next(rest, None)
        elif not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return tuple(kept)


def _name(word: str) -> str:
    return word.rpartition("/")[2]
