"""Lines parted in two, with the comments and headings that belong to each.

It works on marks, so that lists in other formats than requirements files are parted the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from jettison.project.requirements.sections import Heading, Kind, Mark, headings, remark


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
        leaving.update(at for at in remarks if marks[at].kind is Kind.COMMENT)
    for heading in whole:
        leaving.update(range(heading.start, heading.stop))
    partly = [heading for heading in found if heading not in whole]
    return Parted(
        staying=tuple(_without(texts, marks, leaving)),
        arriving=tuple(_arriving(texts, marks, sorted(leaving - set(dropped)), partly)),
    )


def _leaves_whole(marks: Sequence[Mark], heading: Heading, moved: Collection[int]) -> bool:
    inside = range(heading.body, heading.stop)
    statements = {index for index in inside if marks[index].kind is Kind.STATEMENT}
    return bool(statements) and statements <= set(moved)


def _without(texts: Sequence[str], marks: Sequence[Mark], leaving: set[int]) -> list[str]:
    """Texts that stay; blank lines that would pile up where others left are dropped."""
    staying: list[int] = []
    seam = False
    for index, mark in enumerate(marks):
        if index in leaving:
            seam = True
            continue
        blank_before = not staying or marks[staying[-1]].kind is Kind.BLANK
        if seam and blank_before and mark.kind is Kind.BLANK:
            continue
        seam = False
        staying.append(index)
    while seam and staying and marks[staying[-1]].kind is Kind.BLANK:
        staying.pop()
    return [texts[index] for index in staying]


def _arriving(
    texts: Sequence[str],
    marks: Sequence[Mark],
    leaving: Sequence[int],
    partly: Sequence[Heading],
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
            mark.kind is Kind.BLANK for mark in marks[previous + 1 : index]
        ):
            arriving.append("")
        for head in heads:
            repeated.add(head.start)
            block = range(head.start, head.body)
            arriving += ["", *(texts[at] for at in block if marks[at].kind is Kind.COMMENT)]
        if heads and marks[index].kind is Kind.COMMENT:
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
