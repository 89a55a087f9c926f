"""What a script sets by itself: ``PORT=${PORT:-8000}`` at the top of an entrypoint."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from jettison.project.shell.model import Command, Script, Word

_DOUBLE_QUOTED = re.compile(r'"([^"]*)"')
_VARIABLE = re.compile(
    r"\$(?:(?P<name>[A-Za-z_]\w*)"
    r"|\{(?P<braced>[A-Za-z_]\w*)(?:(?P<operator>:?[-=])(?P<default>(?:[^{}]|\{[^{}]*\})*))?\})"
)


def assignments(script: Script, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables after the script's own assignments outside conditions and loops.

    ``variables`` are those that it starts with. A name whose value cannot be told is not in the
    result: it comes from a command, or is also set in a condition.
    """
    known = dict(variables or {})
    for command in script.commands:
        if command.tokens and command.name not in {"export", "readonly", "declare", "local"}:
            continue
        for name, word in command.assignments:
            resolved = None if command.nested else value(word, known)
            if resolved is None:
                known.pop(name, None)
            else:
                known[name] = resolved
    return known


def value(word: Word, variables: Mapping[str, str]) -> str | None:
    """Return the word with its variables replaced; None when it cannot be told.

    A variable without value and without default cannot be told, nor can a substitution.
    """
    if word.literal or word.raw.startswith("("):
        return None if word.raw.startswith("(") else word.text
    try:
        return _resolved(word.text, variables)
    except LookupError:
        return None


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    resolved = _VARIABLE.sub(lambda match: _one(match, variables), text)
    if "$" in _VARIABLE.sub("", text) or "`" in text:
        raise LookupError(text)
    return resolved


def _one(match: re.Match[str], variables: Mapping[str, str]) -> str:
    found = variables.get(match["name"] or match["braced"])
    operator, default = match["operator"], match["default"]
    if found is None or (found == "" and operator in {":-", ":="}):
        if operator is None:
            raise LookupError(match[0])
        return _resolved(_DOUBLE_QUOTED.sub(r"\1", default), variables)
    return found


def resolved(command: Command, variables: Mapping[str, str]) -> Command:
    """Return the command with the words that can be told, as the shell splits them.

    Words that come from one variable keep its place: they can be removed only together.
    """
    tokens = (one for token in command.tokens for one in _split(token, variables))
    return replace(command, tokens=tuple(tokens))


def _split(word: Word, variables: Mapping[str, str]) -> list[Word]:
    known = None if word.literal else value(word, variables)
    if known is None:
        return [word]
    parts = [known] if '"' in word.raw else known.split()
    return [replace(word, text=part, literal=True) for part in parts]
