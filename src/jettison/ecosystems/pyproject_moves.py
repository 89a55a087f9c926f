"""Moves of requirements in pyproject.toml, setup.cfg and Pipfile: to a group for development."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import DEVELOPMENT, Kind, mark_of
from jettison.ecosystems.setuptools import EXTRAS, lines_of, parse_setup_cfg
from jettison.formats import newline_of
from jettison.formats.requirements import Parted, parted
from jettison.formats.requirements.sections import Mark
from jettison.formats.requirements.statement import name_of
from jettison.formats.toml import Path, Table, array, places, read_toml, table
from jettison.formats.toml_edit import (
    add_keys,
    add_members,
    add_table,
    quoted,
    with_lines,
)


class Destination(Struct, frozen=True, kw_only=True):
    """An array of standard requirements, or a table of poetry's; ``exists`` says if it is there."""

    path: Path
    is_table: bool
    exists: bool


def destination(root: Table) -> Destination:
    """Return the development group that a pyproject.toml has, else a new standard one.

    Looked for, in order: a group of ``[dependency-groups]``, uv's and pdm's own, poetry's group,
    an extra; each by a name that says development.
    """
    return next(
        (one for one in _candidates(root) if one.exists),
        Destination(path=("dependency-groups", "dev"), is_table=False, exists=False),
    )


def _candidates(root: Table) -> Iterator[Destination]:
    yield from _arrays(root, ("dependency-groups",))
    uv = "dev-dependencies" in table(root, "tool", "uv")
    yield Destination(path=("tool", "uv", "dev-dependencies"), is_table=False, exists=uv)
    yield from _arrays(root, ("tool", "pdm", "dev-dependencies"))
    for name in DEVELOPMENT:
        path = ("tool", "poetry", "group", name, "dependencies")
        yield Destination(path=path, is_table=True, exists=bool(table(root, *path)))
    yield from _arrays(root, ("project", "optional-dependencies"))


def _arrays(root: Table, parent: tuple[str, ...]) -> Iterator[Destination]:
    for name in DEVELOPMENT:
        members = array(table(root, *parent), name)
        exists = name in table(root, *parent) and isinstance(members, list)
        yield Destination(path=(*parent, name), is_table=False, exists=exists)


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


_DEPENDENCIES: Path = ("project", "dependencies")
_COMMA = re.compile(r"\A\s*,")
_POETRY: Path = ("tool", "poetry", "dependencies")


def move_in_pyproject(text: str, names: Collection[str], *, file: str = "pyproject.toml") -> str:
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
    gone = [index for index, member in enumerate(members) if name_of(str(member)) in names]
    if not gone:
        return text
    found = places(text)
    rows = [
        Row(
            name=name_of(str(member)),
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
    return moved_keys(text, _POETRY, _poetry_group(root), names, file) if keys else text


def _poetry_group(root: object) -> Path:
    old = ("tool", "poetry", "dev-dependencies")
    has_old = isinstance(root, dict) and table(root, *old)
    return old if has_old else ("tool", "poetry", "group", "dev", "dependencies")


def move_in_pipfile(text: str, names: Collection[str], *, file: str = "Pipfile") -> str:
    """Move requirements from ``[packages]`` to ``[dev-packages]``, with their comments.

    Raises InputSyntaxError with the line for bad TOML.
    """
    read_toml(text, file)
    if ("packages",) not in places(text):
        return text
    return moved_keys(text, ("packages",), ("dev-packages",), names, file)


def move_in_setup_cfg(text: str, names: Collection[str], *, file: str = "setup.cfg") -> str:
    """Move requirements from ``install_requires`` to the ``dev`` extra, with their comments.

    Raises InputSyntaxError with the line for text that is no configuration file.
    """
    found = parse_setup_cfg(text, file=file)
    main = [one for one in found if one.kind is Kind.MAIN]
    if not any(one.name in names for one in main):
        return text
    rows = [Row(name=one.name, line=one.origin.at, end_line=one.origin.at) for one in main]
    first, last = lines_of(text, "options", "install_requires", file=file)
    parts = part_rows(text, List(file=file, first=first, last=last, rows=tuple(rows)), names)
    text = with_lines(text, first - 1, last, parts.staying)
    newline = newline_of(text)
    new = [f"    {one}".rstrip() + newline for one in parts.arriving if one]
    return _arrived_in_setup_cfg(text, new, file)


def _arrived_in_setup_cfg(text: str, new: list[str], file: str) -> str:
    newline = newline_of(text)
    _, last = lines_of(text, EXTRAS, "dev", file=file)
    if last:
        return with_lines(text, last, last, new)
    lines = [line.strip() for line in text.splitlines()]
    if f"[{EXTRAS}]" in lines:
        header = lines.index(f"[{EXTRAS}]") + 1
        return with_lines(text, header, header, [f"dev ={newline}", *new])
    stop = len(text.rstrip().splitlines())
    return with_lines(text, stop, stop, [newline, f"[{EXTRAS}]{newline}", f"dev ={newline}", *new])
