"""Paths of a list of removals: the fewest that mean some files, and the files that they match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import Struct

Mark = TypeVar("Mark")
WILD = re.compile(r"[*?]")
# No first folder has this name.
ANY = "*"


class Matcher(Struct, Generic[Mark], frozen=True, kw_only=True):
    """Paths and patterns, each with a mark; the first that means a file wins.

    ``patterns`` are those that may mean a path, by its first folder, in their order; under ``ANY``
    those whose own first folder is a pattern. ``together`` has a group for each of them.
    """

    exact: Mapping[str, Mark]
    patterns: Mapping[str, tuple[tuple[str, Mark], ...]]
    together: Mapping[str, re.Pattern[str]]

    @classmethod
    def of(cls, marked: Iterable[tuple[str, Mark]]) -> Matcher[Mark]:
        """Sort (path, mark) pairs into plain paths and patterns."""
        exact: dict[str, Mark] = {}
        patterns: list[tuple[str, str, Mark]] = []
        for path, mark in marked:
            if WILD.search(path):
                top = path.partition("/")[0]
                patterns.append((ANY if WILD.search(top) else top, path, mark))
            else:
                exact.setdefault(path, mark)
        found = {
            top: tuple((path, mark) for each, path, mark in patterns if each in (top, ANY))
            for top in {top for top, _, _ in patterns}
        }
        return cls(
            exact=exact,
            patterns=found,
            together={
                top: _together(tuple(path for path, _ in each)) for top, each in found.items()
            },
        )

    def find(self, path: str) -> tuple[str, Mark] | None:
        """Give the line that means a file, with its mark."""
        if path in self.exact:
            return path, self.exact[path]
        folder = path if self.exact else ""
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if f"{folder}/" in self.exact:
                return f"{folder}/", self.exact[f"{folder}/"]
        top = path.partition("/")[0]
        if top not in self.together:
            top = ANY
        meant = self.together[top].fullmatch(path) if top in self.together else None
        return self.patterns[top][meant.lastindex - 1] if meant and meant.lastindex else None


@lru_cache(maxsize=1024)
def _together(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all patterns; the group that matches says which it was."""
    return re.compile("|".join(f"({_expression(each)})" for each in patterns), re.DOTALL)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*|\?)", pattern.rstrip("/"))
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(meaning.get(part, re.escape(part)) for part in parts)
    return f"{text}/.*" if pattern.endswith("/") else text


def collapsed(
    gone: Collection[str], every: Collection[str], whole: Callable[[str], bool]
) -> tuple[str, ...]:
    """Give folders, patterns and files that mean exactly ``gone`` of ``every`` file.

    A folder ends in ``/``, and stands for its files where ``whole`` says that all that may ever
    lie in it is meant. A pattern stands for the files of one suffix below a package.
    """
    leaving = Counter(folder for path in gone for folder in _folders(path))
    present = Counter(folder for path in every for folder in _folders(path))
    found: dict[str, None] = {}
    for path in sorted(gone):
        folders = (one for one in _folders(path) if leaving[one] == present[one] and whole(one))
        found.setdefault(next(folders, path))
    return tuple(sorted(_by_suffix(found, gone, every)))


def _by_suffix(found: Iterable[str], gone: Collection[str], every: Iterable[str]) -> Iterator[str]:
    """Join single files of one package and suffix where no such file stays."""
    stay = {_kind(path) for path in every if path not in gone}
    kinds = Counter(_kind(path) for path in found)
    patterns: set[str] = set()
    for path in found:
        package, suffix = kind = _kind(path)
        if path.endswith("/") or not package or not suffix or kinds[kind] == 1 or kind in stay:
            yield path
        else:
            patterns.add(f"{package}/**/*.{suffix}")
    yield from patterns


def _kind(path: str) -> tuple[str, str]:
    """The package that a file lies in, and its suffix."""
    package, _, inner = path.partition("/")
    _, dot, suffix = inner.rpartition("/")[2].rpartition(".")
    return package, suffix if dot else ""


def _folders(path: str) -> Iterator[str]:
    """The folders of a path below site-packages, the outermost first.

    What lies beside site-packages belongs to many distributions and has no folder of its own.
    """
    at = path.find("/")
    while at > 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)
