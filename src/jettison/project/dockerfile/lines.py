"""From lines to whole instructions: directives, comments and continuation lines.

The rules are those of BuildKit's ``frontend/dockerfile/parser``: the escape character at the end
of a line joins the next one; comment lines and empty lines inside a continuation are dropped.
"""

from __future__ import annotations

import re
from itertools import accumulate

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.project.dockerfile.model import Comment, Directive
from jettison.project.excerpt import Excerpt, Piece, split_lines
from jettison.values import Origin

_DIRECTIVE = re.compile(r"^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})


class Lines(Struct, frozen=True, kw_only=True):
    """The lines of one file with their endings; ``starts`` are their offsets, and the end."""

    file: str
    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]

    def origin(self, first: int, end: int | None = None) -> Origin:
        """Return the lines from index ``first`` up to, not including, index ``end``."""
        last = first + 1 if end is None else max(end, first + 1)
        return Origin(file=self.file, line=first + 1, end_line=last)

    def cut(self, first: int, end: int) -> str:
        """Return the exact text of the lines from index ``first`` up to ``end``."""
        return self.text[self.starts[first] : self.starts[end]]

    def bare(self, index: int) -> str:
        """Return a line without its ending."""
        return self.lines[index].rstrip("\r\n")

    def is_comment(self, index: int) -> bool:
        """Whether the line is a comment, if it is not in a heredoc."""
        return self.lines[index].lstrip().startswith("#")

    def is_blank(self, index: int) -> bool:
        """Whether nothing but space is on the line."""
        return not self.lines[index].strip()

    def comment(self, index: int) -> Comment:
        """Return the line as a comment."""
        return Comment(text=self.lines[index], origin=self.origin(index))


def read_lines(text: str, *, file: str) -> Lines:
    """Return the lines of a file."""
    lines = tuple(split_lines(text))
    starts = tuple(accumulate((len(line) for line in lines), initial=0))
    return Lines(file=file, text=text, lines=lines, starts=starts)


class Joined(Struct, frozen=True, kw_only=True):
    """An instruction's own lines as one, without its heredocs; they end before index ``end``."""

    excerpt: Excerpt
    comments: tuple[Comment, ...]
    end: int


def join(lines: Lines, first: int, escape: str) -> Joined:
    """Return the instruction that begins on the line with index ``first``.

    ``excerpt.source`` begins at the start of that line.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    comments: list[Comment] = []
    index, length, more = first, 0, True
    while more and index < len(lines.lines):
        if index > first and lines.is_comment(index):
            comments.append(lines.comment(index))
        elif index == first or not lines.is_blank(index):
            part, more = _trim_continuation(lines.bare(index), escape)
            start = lines.starts[index] - lines.starts[first]
            pieces.append(Piece(start=length, source=start, line=index + 1))
            parts.append(part)
            length += len(part)
        index += 1
    source = lines.cut(first, index)
    excerpt = Excerpt(file=lines.file, text="".join(parts), source=source, pieces=tuple(pieces))
    return Joined(excerpt=excerpt, comments=tuple(comments), end=index)


def _trim_continuation(line: str, escape: str) -> tuple[str, bool]:
    """Return the line without its continuation mark, and whether it had one.

    A doubled escape character at the end of a line is a character, not a mark.
    """
    end = line.rstrip(" \t")
    if not end.endswith(escape) or end[:-1].endswith(escape):
        return line, False
    return end[:-1], True


def read_directives(lines: Lines) -> tuple[Directive, ...]:
    """Return the parser directives at the top of the file.

    Raises InputSyntaxError for one that comes twice, or an escape that cannot be.
    """
    directives: dict[str, Directive] = {}
    for index in range(len(lines.lines)):
        match = _DIRECTIVE.match(lines.bare(index))
        if match is None or match[1].lower() not in _DIRECTIVES:
            break
        name, value = match[1].lower(), match[2]
        _check_directive(name, value, twice=name in directives, origin=lines.origin(index))
        directives[name] = Directive(
            name=name, value=value, text=lines.lines[index], origin=lines.origin(index)
        )
    return tuple(directives.values())


def _check_directive(name: str, value: str, *, twice: bool, origin: Origin) -> None:
    if twice:
        raise InputSyntaxError(
            f"the parser directive {name} is given twice",
            why="a parser directive can be used once",
            hint="Remove one of the two lines.",
            origin=origin,
        )
    if name == "escape" and value not in {"\\", "`"}:
        raise InputSyntaxError(
            f"{value} cannot be the escape character",
            why="the escape directive takes a backslash or a backtick",
            hint="Write a backslash or a backtick after `# escape=`, or remove the line.",
            origin=origin,
        )
