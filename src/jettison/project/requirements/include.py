"""A requirements file with all that it includes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from jettison.errors import ProjectError
from jettison.project.requirements.lines import IncludeKind, IncludeLine, RequirementsFile
from jettison.project.requirements.parse import parse
from jettison.values import Origin


def load(read: Callable[[str], str | None], file: str) -> tuple[RequirementsFile, ...]:
    """Read ``file`` and what it includes, each once, in the order of reading.

    ``read`` gives the text of a file by its path relative to the project root, or None when there
    is none. Included URLs are left alone. Raises ProjectError when an included file is missing,
    naming the line that includes it.
    """
    found: dict[str, RequirementsFile] = {}
    _load(read, posixpath.normpath(file), None, found)
    return tuple(found.values())


def included_path(include: IncludeLine) -> str | None:
    """Path of the included file relative to the project root; None for a URL."""
    if "://" in include.target:
        return None
    folder = posixpath.dirname(include.origin.file)
    return posixpath.normpath(posixpath.join(folder, include.target))


def only_bounds(files: Iterable[RequirementsFile]) -> frozenset[str]:
    """Paths of the files that others include for their versions alone (``-c``)."""
    bounds: set[str] = set()
    asked: set[str] = set()
    for include in (include for file in files for include in file.includes):
        path = included_path(include)
        if path is not None:
            (bounds if include.kind is IncludeKind.CONSTRAINTS else asked).add(path)
    return frozenset(bounds - asked)


def _load(
    read: Callable[[str], str | None],
    file: str,
    included_at: Origin | None,
    found: dict[str, RequirementsFile],
) -> None:
    if file in found:
        return
    text = read(file)
    if text is None:
        raise ProjectError(
            f"{file} does not exist",
            why=f"{included_at} includes it" if included_at else "it was named as an input",
            hint="Add the file, or take out the line that includes it.",
            origin=included_at,
        )
    parsed = parse(text, file=file)
    found[file] = parsed
    for include in parsed.includes:
        target = included_path(include)
        if target is not None:
            _load(read, target, include.origin, found)
