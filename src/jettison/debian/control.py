"""Debian's control format (deb822): paragraphs of ``Field: value`` with continuation lines.

Used by Packages and Release indexes, ``control`` members and dpkg's status file. The format is
specified in Debian Policy, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jettison.errors import InputSyntaxError

Paragraph = Mapping[str, str]


def paragraphs(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield each paragraph as field -> value, fields as written.

    Continuation lines keep their leading space and are joined with newlines. Comment lines
    (``#`` in the first column) are dropped. Raises InputSyntaxError for a line that is neither.
    """
    fields: dict[str, str] = {}
    last = ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t" and last:
            fields[last] += "\n" + line
        elif line[0] != "#":
            last = _add_field(fields, line, number)
    if fields:
        yield fields


def _add_field(fields: dict[str, str], line: str, number: int) -> str:
    name, colon, value = line.partition(":")
    if not colon or not name or " " in name or name in fields:
        raise InputSyntaxError(
            f"line {number} is not a control field: {line[:60]!r}",
            why="a control paragraph is lines of 'Field: value', each field once",
        )
    fields[name] = value.strip()
    return name


def paragraph(text: str) -> dict[str, str]:
    """Return the only paragraph of ``text``; raises InputSyntaxError when there is not just one."""
    found = list(paragraphs(text.splitlines()))
    if len(found) != 1:
        raise InputSyntaxError(f"expected one control paragraph, found {len(found)}")
    return found[0]


def render(fields: Paragraph) -> str:
    """Write one paragraph, ending in a newline; the inverse of :func:`paragraph`."""
    return "".join(
        f"{name}:{value}\n" if value.startswith("\n") else f"{name}: {value}\n"
        for name, value in fields.items()
    )
