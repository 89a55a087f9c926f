"""Front end for requirements files: lossless reading, and edits by line.

``render(parse(text, file=…)) == text`` for every text that parses.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from msgspec import Struct

from jettison.formats import newline_of
from jettison.formats.requirements.lines import (
    BlankLine,
    CommentLine,
    IncludeKind,
    IncludeLine,
    OptionLine,
    RequirementLine,
    RequirementsFile,
    SectionComment,
    render,
)
from jettison.formats.requirements.parse import (
    decoded,
    is_for_pip_alone,
    is_utf_16,
    load,
    only_bounds,
    parse,
)
from jettison.formats.requirements.sections import Heading, Mark, MarkKind, headings, marks, remark


class Parted(Struct, frozen=True, kw_only=True):
    """``staying`` are texts as they were; ``arriving`` have no line ends, and "" where blank."""

    staying: tuple[str, ...]
    arriving: tuple[str, ...]


def parted(
    texts: Sequence[str],
    marks: Sequence[Mark],
    moved: Collection[int],
    *,
    file: str,
    dropped: Collection[int] = (),
) -> Parted:
    """Part lines, of which those at the indexes ``moved`` leave.

    A remark goes with its line, a heading with its section when the whole section leaves; when a
    part of it does, the heading is repeated. Blank lines that would pile up are dropped. Lines at
    ``dropped`` leave without arriving.
    """
    found = headings(marks, file)
    whole = [heading for heading in found if _leaves_whole(marks, heading, moved)]
    leaving = set(moved)
    for index in moved:
        remarks = remark(marks, index, found)
        leaving.update(at for at in remarks if marks[at].kind is MarkKind.COMMENT)
    for heading in whole:
        leaving.update(range(heading.start, heading.stop))
    partly = [heading for heading in found if heading not in whole]
    return Parted(
        staying=tuple(_without(texts, marks, leaving)),
        arriving=tuple(_arriving(texts, marks, sorted(leaving - set(dropped)), partly)),
    )


def _leaves_whole(marks: Sequence[Mark], heading: Heading, moved: Collection[int]) -> bool:
    inside = range(heading.body, heading.stop)
    statements = {index for index in inside if marks[index].kind is MarkKind.STATEMENT}
    return bool(statements) and statements <= set(moved)


def _without(texts: Sequence[str], marks: Sequence[Mark], leaving: set[int]) -> list[str]:
    """Texts that stay; blank lines that would pile up where others left are dropped."""
    staying: list[int] = []
    seam = False
    for index, mark in enumerate(marks):
        if index in leaving:
            seam = True
            continue
        blank_before = not staying or marks[staying[-1]].kind is MarkKind.BLANK
        if seam and blank_before and mark.kind is MarkKind.BLANK:
            continue
        seam = False
        staying.append(index)
    while seam and staying and marks[staying[-1]].kind is MarkKind.BLANK:
        staying.pop()
    return [texts[index] for index in staying]


def _arriving(
    texts: Sequence[str], marks: Sequence[Mark], leaving: Sequence[int], partly: Sequence[Heading]
) -> list[str]:
    """Texts that arrive: a blank line wherever one stood, headings repeated."""
    arriving: list[str] = []
    repeated: set[int] = set()
    previous: int | None = None
    for index in leaving:
        heads = [
            head for head in partly if head.body <= index < head.stop and head.start not in repeated
        ]
        if previous is not None and any(
            mark.kind is MarkKind.BLANK for mark in marks[previous + 1 : index]
        ):
            arriving.append("")
        for head in heads:
            repeated.add(head.start)
            block = range(head.start, head.body)
            arriving += ["", *(texts[at] for at in block if marks[at].kind is MarkKind.COMMENT)]
        if heads and marks[index].kind is MarkKind.COMMENT:
            arriving.append("")
        arriving.append(texts[index])
        previous = index
    return _tidied(arriving)


def _tidied(texts: Sequence[str]) -> list[str]:
    """Without line ends, blank lines at the ends, and two blank lines in a row."""
    tidy: list[str] = []
    for text in (text.rstrip("\r\n") for text in texts):
        if text.strip():
            tidy.append(text)
        elif tidy and tidy[-1]:
            tidy.append("")
    while tidy and not tidy[-1]:
        tidy.pop()
    return tidy


def split(
    file: RequirementsFile, move: Collection[str], *, existing: RequirementsFile | None = None
) -> tuple[str, str]:
    """Return the production text and the development text.

    ``move`` holds normalized names. Order, comments and headings are kept: a heading moves with
    its section when the whole section moves, and is repeated when a part of it does. The
    development file starts with ``-r`` and the production file's name. When there is an
    ``existing`` development file the lines are added to it, without those it already has, and
    ``-r`` only when it includes nothing yet and the two agree on versions.
    With nothing to move the texts are those of the files (the second is empty without one).
    """
    names = {i: line.name for i, line in enumerate(file.lines) if isinstance(line, RequirementLine)}
    moved = {index for index, name in names.items() if name in move}
    if not moved:
        return render(file), render(existing) if existing else ""
    known = {line.name for line in existing.requirements} if existing else set()
    parts = parted(
        [line.text for line in file.lines],
        marks(file.lines),
        moved,
        file=file.file,
        dropped={index for index in moved if names[index] in known},
    )
    newline = newline_of(render(file))
    return "".join(parts.staying), _development(file, parts.arriving, existing, newline)


def _closed(text: str) -> str:
    """Text of a line that others may follow: no continuation is left open at the file's end."""
    return text if text.lstrip().startswith("#") else text.rstrip("\\")


def _includes(file: RequirementsFile) -> bool:
    return any(one.kind is IncludeKind.REQUIREMENTS for one in file.includes)


def _disagree(file: RequirementsFile, existing: RequirementsFile) -> bool:
    """Whether the files ask for different versions of one thing, so that none can include both."""
    asked = {line.name: str(line.specifier) for line in file.requirements}
    return any(
        asked.get(line.name, str(line.specifier)) != str(line.specifier)
        for line in existing.requirements
    )


def _development(
    file: RequirementsFile, arriving: Sequence[str], existing: RequirementsFile | None, newline: str
) -> str:
    before = render(existing) if existing else ""
    if not existing or not (_includes(existing) or _disagree(file, existing)):
        folder = posixpath.dirname(existing.file if existing else file.file)
        target = posixpath.relpath(f"/{file.file}", f"/{folder}")
        before = f"-r {target}{newline}" + (f"{newline}{before}" if before.strip() else "")
    if not arriving:
        return before
    end = newline if before.endswith("\n") else newline * 2
    return before + end + "".join(f"{_closed(text)}{newline}" for text in arriving)
