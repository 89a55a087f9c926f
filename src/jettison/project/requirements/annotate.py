"""Marks at the end of requirement lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jettison.project.requirements.lines import RequirementLine, RequirementsFile
from jettison.project.requirements.logical import logical_lines


def annotate(file: RequirementsFile, marks: Mapping[str, str]) -> str:
    """Return the file's text with a mark at the end of the lines of the named requirements.

    ``marks`` maps normalized names to one-line comments without ``#``. A line that has the mark
    already stays as it is, so annotating twice changes nothing.
    """
    return "".join(
        _annotated(line, marks[line.name])
        if isinstance(line, RequirementLine) and line.name in marks
        else line.text
        for line in file.lines
    )


def _annotated(line: RequirementLine, mark: str) -> str:
    logical = next(iter(logical_lines(line.text)))
    if mark in logical.comment:
        return line.text
    physical = line.text.splitlines(keepends=True)
    last = logical.end_line - 1
    physical[last] = _append(physical[last], mark, after_comment=bool(logical.comment))
    return "".join(physical)


def _append(line: str, mark: str, *, after_comment: bool) -> str:
    found = re.match(r"(.*?)([ \t]*(?:\\)?[ \t]*[\r\n]*)$", line, re.DOTALL)
    body, end = (found[1], found[2]) if found else (line, "")
    newline = end[len(end.rstrip("\r\n")) :]
    return f"{body}{';' if after_comment else '  #'} {mark}{newline}"
