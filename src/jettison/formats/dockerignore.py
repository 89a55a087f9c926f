"""Ignore files of build contexts: read, and match paths as BuildKit does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.formats import split_lines
from jettison.values import Origin

# An expression with so many stars takes no longer than a thousand steps for a path.
_FEW_STARS = 3
_MOST_STARS = 100
_STARS = re.compile(r"\*\*?")
_PLAIN = re.compile(r"[^*?\[\]\\]+")
_MOST_PATTERNS = 5_000
_CLASS = re.compile(r"\[\^?(?:\\.|[^\\\]-])(?:-?(?:\\.|[^\\\]-]))*\]", re.DOTALL)


class Pattern(Struct, frozen=True, kw_only=True):
    """A pattern in its clean form: no ``./``, no slash at either end, ``!`` taken off.

    ``expression`` is the same as a regular expression, ``stars`` how many runs of stars there are.
    """

    text: str
    exception: bool
    expression: str
    stars: int

    def matches(self, path: str) -> bool:
        """Tell whether the pattern matches this very path, whatever its parents."""
        name = self.text.removeprefix("**/")
        if _PLAIN.fullmatch(name):
            return path == name or (name != self.text and path.endswith(f"/{name}"))
        if self.stars > _FEW_STARS:
            return _matches_many(self.text, path)
        return _compiled(self.expression).fullmatch(path) is not None

    def __str__(self) -> str:
        return f"!{self.text}" if self.exception else self.text


class Verdict(Struct, frozen=True, kw_only=True):
    """What a list of patterns says about one path.

    ``by`` is the index of the pattern that decided; ``matched`` tells for each pattern whether it
    holds for what is below the path.
    """

    ignored: bool
    by: int | None
    matched: tuple[bool, ...]


def pattern(text: str) -> Pattern:
    """Return the pattern on a line. Raises ValueError when it is not one."""
    exception = text.startswith("!")
    body = text[1:].strip() if exception else text
    if not body:
        raise ValueError("an exception needs a pattern after the exclamation mark")
    clean = posixpath.normpath(re.sub("/+", "/", body))
    if len(clean) > 1:
        clean = clean.removeprefix("/")
    stars = len(_STARS.findall(clean))
    if stars > _MOST_STARS:
        raise ValueError(f"{clean[:40]}... has more than {_MOST_STARS} stars")
    return Pattern(text=clean, exception=exception, expression=_expression(clean), stars=stars)


def judge(patterns: Sequence[Pattern], path: str, parent: Verdict | None) -> Verdict:
    """Return what the patterns say about a path, given what they say about its directory.

    As in Docker, a pattern that could not change the outcome is not tried.
    """
    ignored, by = False, None
    matched: list[bool] = []
    for index, one in enumerate(patterns):
        hit = parent is not None and parent.matched[index]
        if not hit and one.exception == ignored:
            hit = one.matches(path)
        matched.append(hit)
        if hit:
            ignored, by = not one.exception, index
    return Verdict(ignored=ignored, by=by, matched=tuple(matched))


def judged(patterns: Sequence[Pattern], path: str) -> Verdict:
    """Return what the patterns say about a path by itself, its directories first."""
    parts = path.split("/")
    verdict = judge(patterns, parts[0], None)
    for end in range(2, len(parts) + 1):
        verdict = judge(patterns, "/".join(parts[:end]), verdict)
    return verdict


@lru_cache(maxsize=1 << 16)
def _compiled(expression: str) -> re.Pattern[str]:
    """Compile what is used alone; many patterns are only parts of a longer expression."""
    return re.compile(expression, re.DOTALL)


def _expression(text: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        part, at = _part(text, at)
        parts.append(part)
    expression = "".join(parts)
    try:
        # Only a class can be none: its range may go backwards.
        if "[" in text:
            _compiled(expression)
    except re.error as error:
        raise ValueError(f"{text} is not a pattern: {error}") from None
    return expression


@lru_cache(maxsize=1 << 14)
def _tokens(text: str) -> tuple[str, ...]:
    """Return the parts of a pattern: the kinds of stars, and expressions for one character."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        part, end = _part(text, at)
        if text.startswith("**", at):
            parts.append("**" if end >= len(text) else "**/")
        elif text[at] == "*":
            parts.append("*")
        else:
            plain = _PLAIN.match(text, at)
            parts += map(re.escape, plain[0]) if plain else [part]
        at = end
    return tuple(parts)


def _matches_many(text: str, path: str) -> bool:
    """Match a pattern with many stars: an expression would try every way to divide a path.

    All tokens that may come next are followed at once; ``~place`` is within directories.
    """
    tokens = _tokens(text)
    places = frozenset(_reached({0}, tokens))
    for character in path:
        places = _step(text, places, character)
    return len(tokens) in places


@lru_cache(maxsize=1 << 16)
def _step(text: str, places: frozenset[int], character: str) -> frozenset[int]:
    tokens = _tokens(text)
    following: set[int] = set()
    for place in places:
        following |= _after(place, tokens, character)
    return frozenset(_reached(following, tokens))


def _after(place: int, tokens: tuple[str, ...], character: str) -> set[int]:
    at = place if place >= 0 else ~place
    part = tokens[at] if at < len(tokens) else ""
    if part == "**/":
        return {~at, at + 1} if character == "/" else {~at}
    if part in {"*", "**"}:
        return set() if part == "*" and character == "/" else {at}
    return {at + 1} if part and _compiled(part).fullmatch(character) else set()


def _reached(places: set[int], tokens: tuple[str, ...]) -> set[int]:
    """Add what is reached without a character: stars may stand for nothing."""
    found = set(places)
    for place in places:
        at = place
        # where another place has led already, it has led further too
        while 0 <= at < len(tokens) and tokens[at].startswith("*") and at + 1 not in found:
            at += 1
            found.add(at)
    return found


def _class(text: str) -> str:
    """Return a bracket expression with what has a meaning only to ``re`` escaped."""
    negated = "^" if text.startswith("[^") else ""
    body = text[1 + len(negated) : -1]
    plain = re.sub(r"\\(.)|([^\w-])", lambda match: re.escape(match[1] or match[2]), body)
    return f"[{negated}{plain}]"


def _part(text: str, at: int) -> tuple[str, int]:
    """Return the expression for what begins at an offset, and the offset after it."""
    if text.startswith("**", at):
        end = at + 3 if text.startswith("**/", at) else at + 2
        return (".*" if end >= len(text) else "(?:.*/)?"), end
    if text[at] == "*":
        return "[^/]*", at + 1
    if text[at] == "?":
        return "[^/]", at + 1
    if text[at] == "\\":
        if at + 1 == len(text):
            raise ValueError(f"{text} ends with a backslash")
        return re.escape(text[at + 1]), at + 2
    if text[at] == "[":
        match = _CLASS.match(text, at)
        if match is None:
            raise ValueError(f"{text} has a [ without its ]")
        return _class(match[0]), match.end()
    plain = _PLAIN.match(text, at)
    return (re.escape(plain[0]), plain.end()) if plain else (re.escape(text[at]), at + 1)


class Amount(Struct, frozen=True, kw_only=True):
    """A number of files and their bytes."""

    files: int = 0
    bytes: int = 0


def verdicts(
    tree: Mapping[str, int], patterns: tuple[Pattern, ...]
) -> Iterator[tuple[str, Verdict]]:
    """Yield each file with what the patterns say about it; a directory is judged once."""
    known = {"": Verdict(ignored=False, by=None, matched=(False,) * len(patterns))}
    # at once, as of thousands of files most are matched by none
    every = re.compile("|".join(one.expression for one in patterns) or "(?!)", re.DOTALL)
    slow = any(one.stars > _FEW_STARS for one in patterns)

    def judged_at(path: str) -> Verdict:
        above = path.rpartition("/")[0]
        if above not in known:
            known[above] = judged_at(above)
        if slow or every.fullmatch(path):
            return judge(patterns, path, known[above])
        return known[above]

    for path in tree:
        yield path, judged_at(path) if patterns else known[""]


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
        return judged(self.patterns, path).ignored

    def decides(self, path: str) -> bool:
        """Tell whether a line keeps the path out, or brings it back."""
        return judged(self.patterns, path).by is not None

    def ignored_by(self, path: str) -> IgnoreLine | None:
        """Return the line that keeps the path out; None when it is in the context."""
        verdict = judged(self.patterns, path)
        return self._line(verdict) if verdict.ignored else None

    def _line(self, verdict: Verdict) -> IgnoreLine | None:
        return None if verdict.by is None else self.pattern_lines[verdict.by]


def parse(text: str, *, file: str) -> IgnoreFile:
    """Return the .dockerignore in ``text``. Raises InputSyntaxError for what is no pattern.

    For thousands of them too: each is tried with each file.
    """
    lines = tuple(
        _line(line, Origin(file=file, line=number, end_line=number))
        for number, line in enumerate(split_lines(text), 1)
    )
    if sum(line.pattern is not None for line in lines) > _MOST_PATTERNS:
        raise InputSyntaxError(
            f"more than {_MOST_PATTERNS:,} patterns",
            why="each is tried with each file",
            hint="Name folders, or use stars.",
            origin=Origin(file=file),
        )
    return IgnoreFile(lines=lines)


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
