"""Edits to the text of a Dockerfile; what is not edited stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from jettison.project.dockerfile import Dockerfile, Instruction
from jettison.project.shell import Command, Script

WIDTH = 100
EMPTY_LINES = re.compile(r"\A(?:[ \t]*\r?\n)+")


class Edits(Struct, frozen=True, kw_only=True):
    """What to do, by the line on which an instruction begins.

    ``replaced`` maps to the new text of the instruction; an empty text removes it together with
    the comments directly above it. ``commented`` replaces those comments. ``before`` and ``after``
    map to text put above (comments included) or below the instruction.
    """

    replaced: Mapping[int, str] = field(default_factory=dict)
    commented: Mapping[int, str] = field(default_factory=dict)
    before: Mapping[int, str] = field(default_factory=dict)
    after: Mapping[int, str] = field(default_factory=dict)


def edited(dockerfile: Dockerfile, edits: Edits) -> str:
    """Give the text of the file with the edits.

    Where something came or went, empty lines do not add up. Line endings are those of the file.
    """
    owned = {id(comment) for item in dockerfile.instructions for comment in item.comments}
    out = [directive.text for directive in dockerfile.directives]
    for item in dockerfile.items:
        if isinstance(item, Instruction):
            for part in _parts(item, edits):
                _append(out, part)
        elif id(item) not in owned:
            _append(out, item.text)
    if not dockerfile.text.endswith("\n\n"):
        out[-1:] = [re.sub(r"\n{2,}\Z", "\n", text) for text in out[-1:]]
    text = "".join(out)
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in dockerfile.text else text


def _parts(item: Instruction, edits: Edits) -> Iterator[str]:
    """The texts that stand for one instruction: above it, its comments, itself, below it."""
    line = line_of(item)
    text = edits.replaced.get(line, item.text)
    comments = "".join(comment.text for comment in item.comments)
    comments = edits.commented.get(line, comments) if text else ""
    parts = (edits.before.get(line, ""), comments, text, edits.after.get(line, ""))
    return (part if part is item.text else ended(part) for part in parts if part)


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
    """A command as it stands in the file, continuation lines included."""
    start, end = script.excerpt.place(command.start), script.excerpt.place_after(command.end)
    return script.excerpt.source[start:end]
