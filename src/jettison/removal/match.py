"""Which of many files the paths of a list mean, without a file system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
