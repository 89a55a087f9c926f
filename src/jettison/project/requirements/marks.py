"""The lines of a requirements file as the reading of headings sees them."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.project.requirements.lines import BlankLine, CommentLine, Line, RequirementLine
from jettison.project.requirements.sections import Kind, Mark


def marks(lines: Iterable[Line]) -> tuple[Mark, ...]:
    """Return one mark for every line."""
    return tuple(_mark(line) for line in lines)


def _mark(line: Line) -> Mark:
    at = line.origin.line or 0
    match line:
        case BlankLine():
            return Mark(kind=Kind.BLANK, words="", line=at)
        case CommentLine(commented_out=True, comment=words):
            return Mark(kind=Kind.COMMENTED_OUT, words=words, line=at)
        case CommentLine():
            words = line.text.strip().removeprefix("\ufeff").removeprefix("#").strip()
            return Mark(kind=Kind.COMMENT, words=words, line=at)
        case RequirementLine(name=name):
            return Mark(kind=Kind.STATEMENT, words=name, line=at)
        case _:
            return Mark(kind=Kind.STATEMENT, words="", line=at)
