"""A .dockerignore as values: lines with their patterns, and what they keep out of a context."""

from __future__ import annotations

from msgspec import Struct

from jettison.project.dockerignore.match import Pattern, Verdict, judge
from jettison.values import Origin


class IgnoreLine(Struct, frozen=True, kw_only=True):
    """One line as written; ``pattern`` is None for a comment and an empty line."""

    text: str
    pattern: Pattern | None
    origin: Origin

    @property
    def is_comment(self) -> bool:
        """Whether the line is a comment: its first character is the mark."""
        return self.text.startswith("#")


class IgnoreFile(Struct, frozen=True, kw_only=True):
    """A .dockerignore; paths are relative to the build context with ``/`` separators."""

    file: str
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
