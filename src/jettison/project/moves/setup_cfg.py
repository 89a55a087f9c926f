"""Moves in setup.cfg."""

from __future__ import annotations

from collections.abc import Collection

from jettison.project.declarations import setup_cfg
from jettison.project.declarations.values import Declaration, Kind
from jettison.project.moves.rows import List, Row, part_rows
from jettison.project.toml.edit import newline_of, with_lines

_EXTRAS = "options.extras_require"


def move_to_development(text: str, names: Collection[str], *, file: str = "setup.cfg") -> str:
    """Move requirements from ``install_requires`` to the ``dev`` extra, with their comments.

    Raises InputSyntaxError with the line for text that is no configuration file.
    """
    found = setup_cfg.parse(text, file=file)
    main = [one for one in found if one.kind is Kind.MAIN]
    if not any(one.name in names for one in main):
        return text
    rows = [Row(name=one.name, line=_line(one), end_line=_line(one)) for one in main]
    first, last = setup_cfg.lines_of(text, "options", "install_requires", file=file)
    parts = part_rows(text, List(file=file, first=first, last=last, rows=tuple(rows)), names)
    text = with_lines(text, first - 1, last, parts.staying)
    newline = newline_of(text)
    new = [f"    {one}".rstrip() + newline for one in parts.arriving if one]
    return _arrived(text, new, file)


def _arrived(text: str, new: list[str], file: str) -> str:
    newline = newline_of(text)
    _, last = setup_cfg.lines_of(text, _EXTRAS, "dev", file=file)
    if last:
        return with_lines(text, last, last, new)
    lines = [line.strip() for line in text.splitlines()]
    if f"[{_EXTRAS}]" in lines:
        header = lines.index(f"[{_EXTRAS}]") + 1
        return with_lines(text, header, header, [f"dev ={newline}", *new])
    stop = len(text.rstrip().splitlines())
    return with_lines(text, stop, stop, [newline, f"[{_EXTRAS}]{newline}", f"dev ={newline}", *new])


def _line(declared: Declaration) -> int:
    return declared.origin.line or 0
