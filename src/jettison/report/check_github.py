"""What the gate found, as annotations of GitHub: commands that a job writes to its output."""

from __future__ import annotations

from jettison.gate import Level, Placed
from jettison.gate.judging import Gate

# GitHub shows so many of each kind of a step.
MOST = 10
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning"}
_ESCAPED = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = ((":", "%3A"), (",", "%2C"))


def check_github(gate: Gate) -> str:
    """Give the worst problems, each at its file and line; notes are for the other formats."""
    told = [one for one in gate.placed if one.problem.level in _COMMANDS]
    return "".join(f"{_annotation(one)}\n" for one in told[:MOST])


def _annotation(one: Placed) -> str:
    properties = {"file": one.file, "line": str(one.line), "title": f"jettison {one.problem.rule}"}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[one.problem.level]} {written}::{_data(one.problem.message)}"


def _data(text: str) -> str:
    for character, escaped in _ESCAPED:
        text = text.replace(character, escaped)
    return text


def _property(text: str) -> str:
    text = _data(text)
    for character, escaped in _IN_PROPERTIES:
        text = text.replace(character, escaped)
    return text
