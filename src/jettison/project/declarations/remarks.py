"""Comments around declarations in files that are not requirements files."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.project.declarations.values import Remark
from jettison.project.requirements.parse import is_switched_off
from jettison.project.requirements.sections import Kind, Mark, headings, section_of, words_above


def remarks(
    text: str, first: int, last: int, names: Mapping[int, str], file: str
) -> Mapping[int, Remark]:
    """Return what comments say about the declarations on lines ``first`` to ``last`` (from 1).

    ``names`` has the requirement that starts on a line. Headings are read as in a requirements
    file.
    """
    lines = text.splitlines()[first - 1 : last]
    marks = [mark_of(line, first + at, names) for at, line in enumerate(lines)]
    found = headings(marks, file)
    return {
        mark.line: Remark(section=section_of(index, found), above=words_above(marks, index, found))
        for index, mark in enumerate(marks)
        if mark.line in names
    }


def mark_of(line: str, number: int, names: Mapping[int, str]) -> Mark:
    """Return what a line is, for the reading of headings; ``names`` as in ``remarks``."""
    if number in names:
        return Mark(kind=Kind.STATEMENT, words=names[number], line=number)
    bare = line.strip()
    if not bare.startswith(("#", ";")):
        kind = Kind.STATEMENT if bare else Kind.BLANK
        return Mark(kind=kind, words="", line=number)
    words = bare[1:].strip()
    off = is_switched_off(words.strip("\"', ")) or words.startswith(('"', "'"))
    return Mark(kind=Kind.COMMENTED_OUT if off else Kind.COMMENT, words=words, line=number)
