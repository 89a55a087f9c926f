"""One requirements file into two: production, and development on top of it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Sequence

from jettison.project.requirements.include import included_path
from jettison.project.requirements.lines import (
    BlankLine,
    CommentLine,
    Line,
    RequirementLine,
    RequirementsFile,
    render,
)
from jettison.project.requirements.marks import marks
from jettison.project.requirements.sections import Heading, Kind, Mark, headings, remark


def split(
    file: RequirementsFile, move: Collection[str], *, existing: RequirementsFile | None = None
) -> tuple[str, str]:
    """Return the production text and the development text.

    ``move`` holds normalized names. Order, comments and headings are kept: a heading moves with
    its section when the whole section moves, and is repeated when a part of it does. The
    development file starts with ``-r`` and the production file's name. When there is an
    ``existing`` development file the lines are added to it, without those it already has.
    With nothing to move the texts are those of the files (the second is empty without one).
    """
    moved = {index for index, name in _names(file.lines) if name in move}
    if not moved:
        return render(file), render(existing) if existing else ""
    seen = marks(file.lines)
    found = headings(seen, file.file)
    whole = [heading for heading in found if _moves_whole(file.lines, heading, moved)]
    leaving = _leaving(seen, moved, found, whole)
    known = {name for _, name in _names(existing.lines)} if existing else set()
    kept_already = {index for index, name in _names(file.lines) if name in known}
    partly = [heading for heading in found if heading not in whole]
    arriving = _arriving(file.lines, sorted(leaving - kept_already), partly)
    newline = "\r\n" if "\r\n" in render(file) else "\n"
    return (
        "".join(line.text for line in _without(file.lines, leaving)),
        _development(file, arriving, existing, newline),
    )


def _names(lines: Iterable[Line]) -> list[tuple[int, str]]:
    return [(i, line.name) for i, line in enumerate(lines) if isinstance(line, RequirementLine)]


def _moves_whole(lines: Sequence[Line], heading: Heading, moved: set[int]) -> bool:
    statements = {
        index
        for index in range(heading.body, heading.stop)
        if not isinstance(lines[index], BlankLine | CommentLine)
    }
    return bool(statements) and statements <= moved


def _leaving(
    seen: Sequence[Mark], moved: set[int], found: Sequence[Heading], whole: Sequence[Heading]
) -> set[int]:
    """Indexes of everything that leaves production with the moved requirements."""
    leaving = set(moved)
    for index in moved:
        remarks = remark(seen, index, found)
        leaving.update(at for at in remarks if seen[at].kind is Kind.COMMENT)
    for heading in whole:
        leaving.update(range(heading.start, heading.stop))
    return leaving


def _without(lines: Sequence[Line], leaving: set[int]) -> list[Line]:
    """Lines that stay; blank lines that would pile up where others left are dropped."""
    staying: list[Line] = []
    seam = False
    for index, line in enumerate(lines):
        if index in leaving:
            seam = True
            continue
        if seam and isinstance(line, BlankLine) and _ends_blank(staying):
            continue
        seam = False
        staying.append(line)
    while seam and staying and isinstance(staying[-1], BlankLine):
        staying.pop()
    return staying


def _ends_blank(lines: Sequence[Line]) -> bool:
    return not lines or isinstance(lines[-1], BlankLine)


def _arriving(
    lines: Sequence[Line], leaving: Sequence[int], partly: Sequence[Heading]
) -> list[str]:
    """Texts for the development file: a blank line wherever one stood, headings repeated."""
    texts: list[str] = []
    repeated: set[int] = set()
    previous: int | None = None
    for index in leaving:
        heads = [
            head for head in partly if head.body <= index < head.stop and head.start not in repeated
        ]
        if _was_apart(lines, previous, index):
            texts.append("")
        for head in heads:
            repeated.add(head.start)
            block = lines[head.start : head.body]
            texts += ["", *(line.text for line in block if not _is_commented_out(line))]
        if heads and isinstance(lines[index], CommentLine):
            texts.append("")
        texts.append(_closed(lines[index]))
        previous = index
    return _tidied(texts)


def _closed(line: Line) -> str:
    """Text of a line that more lines may follow: no continuation is left open."""
    text = line.text.rstrip("\r\n")
    return text.rstrip("\\") if isinstance(line, RequirementLine) else text


def _was_apart(lines: Sequence[Line], previous: int | None, index: int) -> bool:
    if previous is None:
        return False
    return any(isinstance(line, BlankLine) for line in lines[previous + 1 : index])


def _is_commented_out(line: Line) -> bool:
    return isinstance(line, CommentLine) and line.commented_out


def _tidied(texts: Sequence[str]) -> list[str]:
    """Without blank lines at the ends and without two in a row."""
    tidy: list[str] = []
    for text in (text.rstrip("\r\n") for text in texts):
        if text.strip() or (tidy and tidy[-1].strip()):
            tidy.append(text)
    while tidy and not tidy[-1].strip():
        tidy.pop()
    return tidy


def _development(
    file: RequirementsFile, arriving: Sequence[str], existing: RequirementsFile | None, newline: str
) -> str:
    before = render(existing) if existing else ""
    if not existing or not any(included_path(one) == file.file for one in existing.includes):
        folder = posixpath.dirname(existing.file if existing else file.file)
        target = posixpath.relpath(f"/{file.file}", f"/{folder}")
        before = f"-r {target}{newline}" + (f"{newline}{before}" if before.strip() else "")
    if not arriving:
        return before
    end = newline if before.endswith("\n") else newline * 2
    return before + end + "".join(f"{text}{newline}" for text in arriving)
