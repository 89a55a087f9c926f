"""How each kind of file is written, and edited without losing a byte; text taken out of a file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from fnmatch import translate
from functools import cache

from msgspec import Struct

from jettison.values import Origin

BYTE_ORDER_MARK = "\ufeff"
# What makes a path a pattern.
WILD = re.compile(r"[*?\[]")
_SHELL = re.compile(r"#!\s*(?:\S+\s+(?:-\S+\s+)*)?(?:\S*/)?(?:ba|da|a|k|z)?sh\b")


def names_shell(script: str) -> bool:
    """Whether the first line of a script names a shell to run it, by a path, ``env`` or busybox."""
    return _SHELL.match(script) is not None


def newline_of(text: str) -> str:
    """Return the line end that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"


class Piece(Struct, frozen=True, kw_only=True):
    """A run of text copied verbatim: it begins at ``start`` in the text, ``source`` in the source.

    ``line`` is the line of the file that it begins on; a piece never spans two lines.
    """

    start: int
    source: int
    line: int


class Excerpt(Struct, frozen=True, kw_only=True):
    """What a parser reads (``text``) and the part of the file that it was joined from (``source``).

    A Dockerfile joins continuation lines and drops the comments between them before anything else
    reads an instruction. The pieces lead from an offset in the joined text back to the file.
    """

    file: str
    text: str
    source: str
    pieces: tuple[Piece, ...]

    def _piece(self, offset: int) -> Piece:
        index = bisect_right(self.pieces, offset, key=lambda piece: piece.start)
        return self.pieces[max(index - 1, 0)]

    def line(self, offset: int) -> int:
        """Return the line of the file that holds the character at ``offset`` of the text."""
        return self._piece(offset).line

    def place(self, offset: int) -> int:
        """Return the offset in the source of the character at ``offset`` of the text."""
        piece = self._piece(offset)
        return piece.source + offset - piece.start

    def place_after(self, offset: int) -> int:
        """Return the offset in the source just after the character that ends at ``offset``."""
        return self.place(offset - 1) + 1 if offset > 0 else self.place(0)

    @property
    def bounds(self) -> tuple[int, int]:
        """The offsets in the source of the whole text."""
        return self.place(0), self.place_after(len(self.text))

    def narrow(self, start: int, end: int) -> Excerpt:
        """Return the part of the text from ``start`` up to ``end``, with the same source."""
        first = self._piece(start)
        moved = Piece(start=0, source=first.source + start - first.start, line=first.line)
        rest = (
            Piece(start=piece.start - start, source=piece.source, line=piece.line)
            for piece in self.pieces
            if start < piece.start < end
        )
        return Excerpt(
            file=self.file, text=self.text[start:end], source=self.source, pieces=(moved, *rest)
        )

    def origin(self, start: int, end: int) -> Origin:
        """Return the lines that the text from ``start`` up to ``end`` stands on."""
        return Origin(
            file=self.file, line=self.line(start), end_line=self.line(max(start, end - 1))
        )


def split_lines(text: str) -> list[str]:
    """Return the lines with their endings; only a line feed ends one, as in BuildKit and shells."""
    parts = text.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def excerpt(text: str, *, file: str, line: int = 1) -> Excerpt:
    """Text which is the source itself, and begins on ``line`` of ``file``."""
    starts = _starts(split_lines(text))
    pieces = tuple(
        Piece(start=start, source=start, line=line + index) for index, start in enumerate(starts)
    )
    return Excerpt(
        file=file, text=text, source=text, pieces=pieces or (Piece(start=0, source=0, line=line),)
    )


def _starts(lines: Iterable[str]) -> list[int]:
    starts, offset = [], 0
    for line in lines:
        starts.append(offset)
        offset += len(line)
    return starts


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name fits one of the patterns, as ``fnmatch.fnmatchcase`` does."""
    names, begins, ends, expression = _forms(patterns)
    return (
        name in names
        or name.startswith(begins)
        or name.endswith(ends)
        or expression.search(name) is not None
    )


@cache
def _forms(
    patterns: tuple[str, ...],
) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...], re.Pattern[str]]:
    """Sort patterns: names, beginnings, endings, and an expression for all others.

    Thousands of files are tried with hundreds of patterns: each file once for all of a form.
    """
    whole = {one for one in patterns if not WILD.search(one)}
    begins = {one for one in patterns if one.endswith("*") and not WILD.search(one[:-1])}
    ends = {one for one in patterns if one.startswith("*") and not WILD.search(one[1:])}
    others = [_anywhere(one) for one in patterns if one not in whole | begins | ends]
    return (
        frozenset(whole),
        tuple(one[:-1] for one in begins),
        tuple(one[1:] for one in ends),
        re.compile("|".join(others) if others else "(?!)"),
    )


def _anywhere(pattern: str) -> str:
    """Return an expression to search a name for."""
    inner = pattern[1:-1]
    if pattern.startswith("*") and pattern.endswith("*") and not WILD.search(inner):
        return re.escape(inner)
    return rf"\A{translate(pattern)}"
