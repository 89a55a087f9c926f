"""Read a .dockerignore into values and write it back, byte for byte."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from jettison.errors import InputSyntaxError
from jettison.project.dockerignore.match import Pattern, pattern
from jettison.project.dockerignore.model import IgnoreFile, IgnoreLine
from jettison.project.excerpt import split_lines
from jettison.values import Origin


def parse(text: str, *, file: str) -> IgnoreFile:
    """Return the .dockerignore in ``text``. Raises InputSyntaxError for what is no pattern."""
    lines = (
        _line(line, Origin(file=file, line=number, end_line=number))
        for number, line in enumerate(split_lines(text), 1)
    )
    return IgnoreFile(file=file, lines=tuple(lines))


def render(ignore: IgnoreFile) -> str:
    """Return the text of the file."""
    return "".join(line.text for line in ignore.lines)


def ignore_file_name(dockerfile: str, names: Collection[str]) -> str | None:
    """Return the ignore file that BuildKit uses, of the ``names`` that exist.

    ``dockerfile`` is relative to the build context. ``<Dockerfile>.dockerignore`` beside it comes
    first, then ``.dockerignore`` at the root of the context; they are never merged.
    """
    own = posixpath.normpath(f"{dockerfile}.dockerignore")
    return next((name for name in (own, ".dockerignore") if name in names), None)


def _line(text: str, origin: Origin) -> IgnoreLine:
    bare = text.removeprefix("\ufeff") if origin.line == 1 else text
    return IgnoreLine(text=text, pattern=_pattern(bare, origin), origin=origin)


def _pattern(text: str, origin: Origin) -> Pattern | None:
    stripped = text.strip()
    if text.startswith("#") or not stripped:
        return None
    try:
        return pattern(stripped)
    except ValueError as error:
        raise InputSyntaxError(
            f"{stripped} is not a pattern",
            why=str(error),
            hint="Correct the line, or put a backslash before a character that is meant as such.",
            origin=origin,
        ) from None
