"""A .dockerignore as values: lines with their patterns, and what they keep out of a context."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.formats.dockerignore.match import Pattern, Verdict, judge, pattern
from jettison.formats.excerpt import split_lines
from jettison.values import Origin


class IgnoreLine(Struct, frozen=True, kw_only=True):
    """One line as written; ``pattern`` is None for a comment and an empty line."""

    text: str
    pattern: Pattern | None
    origin: Origin


class IgnoreFile(Struct, frozen=True, kw_only=True):
    """A .dockerignore; paths are relative to the build context with ``/`` separators."""

    lines: tuple[IgnoreLine, ...]

    @property
    def pattern_lines(self) -> tuple[IgnoreLine, ...]:
        """The lines that hold a pattern."""
        return tuple(line for line in self.lines if line.pattern is not None)

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The patterns in order."""
        return tuple(line.pattern for line in self.lines if line.pattern is not None)

    def ignores(self, path: str) -> bool:
        """Tell whether the file at ``path`` is kept out of the build context."""
        return self._judge(path).ignored

    def ignored_by(self, path: str) -> IgnoreLine | None:
        """Return the line that keeps the path out; None when it is in the context."""
        verdict = self._judge(path)
        return self._line(verdict) if verdict.ignored else None

    def _judge(self, path: str) -> Verdict:
        patterns = self.patterns
        verdict: Verdict | None = None
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            verdict = judge(patterns, "/".join(parts[:end]), verdict)
        return verdict or Verdict(ignored=False, by=None, matched=())

    def _line(self, verdict: Verdict) -> IgnoreLine | None:
        return None if verdict.by is None else self.pattern_lines[verdict.by]


def parse(text: str, *, file: str) -> IgnoreFile:
    """Return the .dockerignore in ``text``. Raises InputSyntaxError for what is no pattern."""
    lines = (
        _line(line, Origin(file=file, line=number, end_line=number))
        for number, line in enumerate(split_lines(text), 1)
    )
    return IgnoreFile(lines=tuple(lines))


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
