"""Edits to the text of a Dockerfile; what is not edited stays byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jettison.project.dockerfile import Blank, Dockerfile, Instruction
from jettison.project.shell import Command, Script

WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
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
    """Give the text of the file with the edits; an edit leaves one empty line in a row at most."""
    owned = {id(c) for item in dockerfile.instructions for c in item.comments}
    text = "".join(directive.text for directive in dockerfile.directives)
    touched = False
    for item in dockerfile.items:
        if id(item) in owned:
            continue
        if isinstance(item, Instruction):
            part = _instruction(item, edits)
            now = part != "".join((*(c.text for c in item.comments), item.text))
            text = _joined(text, part) if now or touched else text + part
            touched = now
        elif not (touched and _ends_blank(text) and isinstance(item, Blank)):
            text += item.text
    kept = line_of(dockerfile.instructions[-1]) not in edits.replaced
    return text if dockerfile.text.endswith("\n") or not kept else text.removesuffix("\n")


def _joined(text: str, part: str) -> str:
    """Put a part behind a text without a second empty line between them."""
    return text + (part.lstrip("\n") if _ends_blank(text) else part)


def _ends_blank(text: str) -> bool:
    return not text or text.endswith("\n\n")


def _instruction(item: Instruction, edits: Edits) -> str:
    line = line_of(item)
    text = edits.replaced.get(line, item.text)
    comments = "".join(comment.text for comment in item.comments)
    comments = edits.commented.get(line, comments) if text else ""
    parts = [edits.before.get(line, ""), comments, text, edits.after.get(line, "")]
    return "".join(ended(part) for part in parts if part)


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
