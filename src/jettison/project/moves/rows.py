"""Rows of a list in another format, parted as lines of a requirements file are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from jettison.project.declarations.remarks import mark_of
from jettison.project.requirements.parting import Parted, parted
from jettison.project.requirements.sections import Mark


class Row(Struct, frozen=True, kw_only=True):
    """A requirement in a list: its normalized name and its lines, from 1."""

    name: str
    line: int
    end_line: int


class List(Struct, frozen=True, kw_only=True):
    """A list's lines ``first`` to ``last``, from 1; every row begins a line and ends one."""

    file: str
    first: int
    last: int
    rows: tuple[Row, ...]


def part_rows(text: str, whole: List, names: Collection[str]) -> Parted:
    """Part a list, of which the rows with those names leave; arriving texts have no indent."""
    lines = text.splitlines(keepends=True)
    by_line: Mapping[int, Row] = {row.line: row for row in whole.rows}
    texts: list[str] = []
    marks: list[Mark] = []
    moved: set[int] = set()
    at = whole.first
    while at <= whole.last:
        row = by_line.get(at)
        stop = row.end_line if row else at
        if row and row.name in names:
            moved.add(len(texts))
        marks.append(mark_of(lines[at - 1], at, {at: row.name} if row else {}))
        texts.append("".join(lines[at - 1 : stop]))
        at = stop + 1
    parts = parted(texts, marks, moved, file=whole.file)
    return Parted(staying=parts.staying, arriving=tuple(one.strip() for one in parts.arriving))
