"""One requirements file into two: production, and development on top of it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from jettison.project.requirements.lines import (
    IncludeKind,
    RequirementLine,
    RequirementsFile,
    render,
)
from jettison.project.requirements.marks import marks
from jettison.project.requirements.parting import parted


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
    newline = "\r\n" if "\r\n" in render(file) else "\n"
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
