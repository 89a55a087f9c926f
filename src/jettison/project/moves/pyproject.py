"""Moves in pyproject.toml: standard arrays to a dependency group, poetry's tables to a group."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.project.moves.destination import destination
from jettison.project.moves.rows import List, Row, part_rows
from jettison.project.moves.tables import moved_keys
from jettison.project.toml.edit import (
    add_keys,
    add_members,
    add_table,
    newline_of,
    quoted,
    with_lines,
)
from jettison.project.toml.places import Path, places
from jettison.project.toml.read import read_toml, table

_DEPENDENCIES: Path = ("project", "dependencies")
_COMMA = re.compile(r"\A\s*,")
_POETRY: Path = ("tool", "poetry", "dependencies")


def move_to_development(text: str, names: Collection[str], *, file: str = "pyproject.toml") -> str:
    """Move main requirements, by their normalized names, to where development ones belong.

    Members of ``[project] dependencies`` go to the development group the project has (of the
    standard, uv, pdm or poetry, or an extra of that name), else to a new ``dev`` group. Keys of
    ``[tool.poetry.dependencies]`` go to poetry's dev group. Comments and order are kept. Names
    that are not there change nothing. Raises InputSyntaxError with the line for bad TOML.
    """
    text = _array_moved(text, names, file)
    return _table_moved(text, names, file)


def _array_moved(text: str, names: Collection[str], file: str) -> str:
    members = table(read_toml(text, file), "project").get("dependencies")
    if not isinstance(members, list):
        return text
    gone = [index for index, member in enumerate(members) if _name(str(member)) in names]
    if not gone:
        return text
    found = places(text)
    rows = [
        Row(
            name=_name(str(member)),
            line=found[(*_DEPENDENCIES, index)].line,
            end_line=found[(*_DEPENDENCIES, index)].end_line,
        )
        for index, member in enumerate(members)
    ]
    place = found[_DEPENDENCIES]
    if _one_a_line(place.line, place.end_line, rows):
        whole = List(file=file, first=place.line + 1, last=place.end_line - 1, rows=tuple(rows))
        parts = part_rows(text, whole, names)
        arriving = [_with_comma(one) for one in parts.arriving]
        text = with_lines(text, place.line, place.end_line - 1, parts.staying)
    else:
        arriving = [f"{quoted(str(members[index]))}," for index in gone]
        text = _without_members(text, gone)
    return _arrived(text, arriving, file)


def _one_a_line(first: int, last: int, rows: Sequence[Row]) -> bool:
    starts = {row.line for row in rows}
    return len(starts) == len(rows) and first < min(starts) and max(r.end_line for r in rows) < last


def _with_comma(line: str) -> str:
    """End the member on a line with a comma, before its comment."""
    if line.startswith("#") or not line:
        return line
    place = places(f"x = [\n{line}\n]")[("x", 0)]
    stop = place.stop - len("x = [\n")
    rest = line[stop:].lstrip()
    return line if rest.startswith(",") else f"{line[:stop]},{line[stop:]}"


def _without_members(text: str, gone: Sequence[int]) -> str:
    """Take members out of an array that has several on a line."""
    for index in reversed(gone):
        found = places(text)
        place = found[(*_DEPENDENCIES, index)]
        following = found.get((*_DEPENDENCIES, index + 1))
        before = found.get((*_DEPENDENCIES, index - 1)) if index else None
        start, stop = place.start, place.stop
        if following:
            stop = following.start
        elif before:
            start = before.stop
        else:
            stop += len(text[stop:]) - len(_COMMA.sub("", text[stop:]))
        text = text[:start] + text[stop:]
    return text


def _arrived(text: str, members: Sequence[str], file: str) -> str:
    goal = destination(read_toml(text, file))
    if goal.is_table:
        return add_keys(text, goal.path, [_poetry_line(member) for member in members])
    if goal.exists:
        return add_members(text, goal.path, members)
    newline = newline_of(text)
    body = [f"    {member}".rstrip() + newline for member in members]
    array = [f"{goal.path[-1]} = [{newline}", *body, f"]{newline}"]
    parent = goal.path[:-1]
    if parent in places(text):
        return add_keys(text, parent, "".join(array).rstrip().splitlines())
    return add_table(text, _DEPENDENCIES[:1], [f"[{parent[0]}]{newline}", *array])


def _poetry_line(member: str) -> str:
    """Write ``"name[extra]>=1; marker",  # comment`` as a key of poetry's."""
    if member.startswith("#") or not member:
        return member
    place = places(f"x = [\n{member}\n]")[("x", 0)]
    read = Requirement(read_toml(f"x = {member[: place.stop - 6]}", "")["x"])
    comment = f"  # {place.comment}" if place.comment else ""
    version = quoted(str(read.specifier) or "*")
    if not (read.extras or read.marker or read.url):
        return f"{read.name} = {version}{comment}"
    parts = [f"url = {quoted(read.url)}" if read.url else f"version = {version}"]
    if read.extras:
        parts.append(f"extras = [{', '.join(map(quoted, sorted(read.extras)))}]")
    if read.marker:
        parts.append(f"markers = {quoted(str(read.marker))}")
    return f"{read.name} = {{{', '.join(parts)}}}{comment}"


def _table_moved(text: str, names: Collection[str], file: str) -> str:
    root = read_toml(text, file)
    keys = [key for key in table(root, *map(str, _POETRY)) if canonicalize_name(key) in names]
    if not keys:
        return text
    return moved_keys(text, _POETRY, _poetry_group(root), names, file)


def _poetry_group(root: object) -> Path:
    old = ("tool", "poetry", "dev-dependencies")
    has_old = isinstance(root, dict) and table(root, *old)
    return old if has_old else ("tool", "poetry", "group", "dev", "dependencies")


def _name(written: str) -> str:
    try:
        return canonicalize_name(Requirement(written).name)
    except InvalidRequirement:
        return ""
