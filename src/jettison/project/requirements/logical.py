"""Physical lines to logical lines: continuations joined, comments set apart, as pip does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_END_COMMENT = re.compile(r"(^|\s+)#.*$")
_OWN_COMMENT = re.compile(r"\s*#")
_VIA = re.compile(r"\s+#\s*via(\s|$)")
_VIA_MORE = re.compile(r"\s+#")


class Logical(Struct, frozen=True, kw_only=True):
    """One logical line.

    ``content`` is what is left without comments; ``comment`` the words of the comment;
    ``notes`` are the indented ``# via`` lines under it. ``line`` and ``end_line`` leave the notes
    out, ``text`` has them.
    """

    text: str
    content: str
    comment: str
    notes: tuple[str, ...]
    line: int
    end_line: int


def logical_lines(text: str) -> Iterator[Logical]:
    """Yield the logical lines of a requirements file; their texts add up to ``text``."""
    physical = text.splitlines(keepends=True)
    at = 0
    while at < len(physical):
        after = _end_of_statement(physical, at)
        body = physical[at:after]
        content, comment = _content_and_comment(body)
        end = after
        if content:
            end = _end_of_notes(physical, after)
        yield Logical(
            text="".join(physical[at:end]),
            content=content,
            comment=comment,
            notes=tuple(note.strip().lstrip("#").strip() for note in physical[after:end]),
            line=at + 1,
            end_line=after,
        )
        at = end


def _end_of_statement(physical: list[str], at: int) -> int:
    if _OWN_COMMENT.match(_bare(physical[at])):
        return at + 1
    while at < len(physical) and _bare(physical[at]).endswith("\\"):
        at += 1
        # A comment line ends the statement, whatever it ends with.
        if at < len(physical) and _OWN_COMMENT.match(_bare(physical[at])):
            return at + 1
    return min(at + 1, len(physical))


def _end_of_notes(physical: list[str], at: int) -> int:
    if at < len(physical) and _VIA.match(_bare(physical[at])):
        at += 1
        while at < len(physical) and _VIA_MORE.match(_bare(physical[at])):
            at += 1
    return at


def _content_and_comment(body: list[str]) -> tuple[str, str]:
    pieces = []
    for line in body:
        bare = _bare(line)
        own = _OWN_COMMENT.match(bare)
        pieces.append(f" {bare}" if own else bare.removesuffix("\\"))
    joined = "".join(pieces)
    found = _END_COMMENT.search(joined)
    if found is None:
        return joined.strip(), ""
    comment = found.group(0).strip().lstrip("#").strip()
    return joined[: found.start()].strip(), comment


def _bare(line: str) -> str:
    """Without the line's end and a byte order mark."""
    return line.rstrip("\r\n").removeprefix("\ufeff")
