"""Moves between TOML tables that have a requirement a key."""

from __future__ import annotations

from collections.abc import Collection

from packaging.utils import canonicalize_name

from jettison.project.moves.rows import List, Row, part_rows
from jettison.project.toml.edit import add_keys, with_lines
from jettison.project.toml.places import Path, places


def moved_keys(text: str, path: Path, goal: Path, names: Collection[str], file: str) -> str:
    """Move keys of one table to another, with their comments and headings."""
    found = places(text)
    spots = {
        str(key[-1]): place for key, place in found.items() if key[:-1] == path and not place.header
    }
    for key, place in found.items():
        if key[:-1] == path and place.header and canonicalize_name(str(key[-1])) in names:
            text = _header_renamed(text, key, goal)
    rows = [
        Row(name=canonicalize_name(key), line=place.line, end_line=place.end_line)
        for key, place in spots.items()
    ]
    if not any(row.name in names for row in rows):
        return text
    first, last = found[path].line + 1, max(row.end_line for row in rows)
    parts = part_rows(text, List(file=file, first=first, last=last, rows=tuple(rows)), names)
    text = with_lines(text, first - 1, last, parts.staying)
    return add_keys(text, goal, parts.arriving)


def _header_renamed(text: str, path: Path, goal: Path) -> str:
    place = places(text)[path]
    line = text.splitlines(keepends=True)[place.line - 1]
    new = line.replace(".".join(map(str, path[:-1])), ".".join(map(str, goal)), 1)
    return with_lines(text, place.line - 1, place.line, [new])
