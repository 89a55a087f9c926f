"""Edits to the text of a Dockerfile; what is not edited stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jettison.project.dockerfile import Comment, Dockerfile, Instruction
from jettison.project.shell import Command, Script

WIDTH = 100
REPEATED_BLANK_LINES = re.compile(r"\n{3,}")


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
    """Give the text of the file with the edits; more than one empty line in a row becomes one."""
    comments = {id(c): item for item in dockerfile.instructions for c in item.comments}
    opening = "".join(directive.text for directive in dockerfile.directives)
    parts = [opening]
    for item in dockerfile.items:
        owner = comments.get(id(item)) if isinstance(item, Comment) else None
        if owner is not None:
            continue
        parts.append(_instruction(item, edits) if isinstance(item, Instruction) else item.text)
    text = REPEATED_BLANK_LINES.sub("\n\n", "".join(parts)).lstrip("\n")
    kept = line_of(dockerfile.instructions[-1]) not in edits.replaced
    return text if dockerfile.text.endswith("\n") or not kept else text.removesuffix("\n")


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
