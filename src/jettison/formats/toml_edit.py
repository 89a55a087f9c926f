"""Edits to TOML text by line and offset; whatever is not touched stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from jettison.formats import newline_of
from jettison.formats.toml import Path, Place, places

_INDENT = "    "
_WIDTH = 100


def with_lines(text: str, first: int, stop: int, new: Sequence[str]) -> str:
    """Replace the lines from ``first`` to before ``stop`` (from 0) by others with line ends."""
    lines = text.splitlines(keepends=True)
    before = lines[:first]
    if new and before and not before[-1].endswith("\n"):
        before[-1] += newline_of(text)
    return "".join([*before, *new, *lines[stop:]])


def add_members(text: str, path: Path, members: Sequence[str]) -> str:
    """Add members to an array, as lines such as ``"pytest",  # comment``; comments may be lines.

    An array on one line stays so when no comment comes with the members and the line fits.
    """
    place = places(text)[path]
    plain = [member for member in members if member]
    if place.line == place.end_line and not any("#" in member for member in plain):
        new = _in_one_line(text, place, plain)
        if len(new.splitlines()[place.line - 1]) <= _WIDTH:
            return new
    return _in_lines(text, path, members)


def add_keys(text: str, path: Path, lines: Sequence[str]) -> str:
    """Add lines such as ``pytest = "^8"`` at the end of a table, which is made when missing."""
    newline = newline_of(text)
    new = [f"{line}{newline}" for line in lines]
    found = places(text)
    if path not in found:
        header = f"[{'.'.join(map(str, path))}]{newline}"
        return add_table(text, path, [header, *new])
    stop = table_end(text, path)
    starts_apart = (
        [newline] if lines and lines[0].startswith("#") and stop > found[path].line else []
    )
    return with_lines(text, stop, stop, [*starts_apart, *new])


def add_table(text: str, near: Path, lines: Sequence[str]) -> str:
    """Add a table's lines after the last table that shares the longest part of ``near``."""
    newline = newline_of(text)
    stop = _after_relatives(text, near)
    apart_before = [newline] if text[:1] and stop else []
    following = text.splitlines(keepends=True)[stop:]
    apart_after = [newline] if following and following[0].strip() else []
    return with_lines(text, stop, stop, [*apart_before, *lines, *apart_after])


def table_end(text: str, path: Path) -> int:
    """Line index (from 0) just after the last key of a table."""
    found = places(text)
    first = found[path].line
    later = [place.line for place in found.values() if place.header and place.line > first]
    stop = min(later, default=len(text.splitlines()) + 1)
    return max(place.end_line for place in found.values() if first <= place.line < stop)


def quoted(value: str) -> str:
    """Write a TOML string, with double quotes unless the value has some."""
    if '"' in value and "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _after_relatives(text: str, path: Path) -> int:
    """Line index after the last table whose path starts as ``path`` does; else after the text."""
    headers = {key: place for key, place in places(text).items() if place.header}
    for length in range(len(path), 0, -1):
        relatives = [key for key in headers if key[:length] == path[:length]]
        if relatives:
            last = max(relatives, key=lambda key: headers[key].line)
            return table_end(text, last)
    return len(text.rstrip().splitlines())


def _in_one_line(text: str, place: Place, members: Sequence[str]) -> str:
    inner = text[place.value + 1 : place.stop - 1].strip().rstrip(",")
    new = ", ".join([*([inner] if inner else []), *(member.rstrip(",") for member in members)])
    return f"{text[: place.value]}[{new}]{text[place.stop :]}"


def _in_lines(text: str, path: Path, members: Sequence[str]) -> str:
    text = _opened(text, path)
    found = places(text)
    place = found[path]
    last = max((key for key in found if key[:-1] == path), key=_index, default=None)
    indent = _INDENT
    if last is not None:
        member = found[last]
        indent = _indent_of(text, member)
        if not text[member.stop :].lstrip(" \t").startswith(","):
            text = f"{text[: member.stop]},{text[member.stop :]}"
    newline = newline_of(text)
    new = [f"{indent}{one}".rstrip() + newline for one in members]
    if last is not None and members and members[0].startswith("#"):
        new.insert(0, newline)
    return with_lines(text, place.end_line - 1, place.end_line - 1, new)


def _opened(text: str, path: Path) -> str:
    """Write an array with one member a line when it stands on one."""
    found = places(text)
    place = found[path]
    if place.line != place.end_line:
        return text
    newline = newline_of(text)
    members = sorted((key for key in found if key[:-1] == path), key=_index)
    lines = [f"{_INDENT}{text[found[key].value : found[key].stop]},{newline}" for key in members]
    return f"{text[: place.value]}[{newline}{''.join(lines)}]{text[place.stop :]}"


def _index(path: Path) -> int:
    return path[-1] if isinstance(path[-1], int) else -1


def _indent_of(text: str, place: Place) -> str:
    start = text.rfind("\n", 0, place.start) + 1
    before = text[start : place.start]
    return before if not before.strip() else _INDENT
