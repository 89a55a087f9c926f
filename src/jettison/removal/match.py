"""Which of many files the paths of a list mean, without a file system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

Mark = TypeVar("Mark")
WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher(Generic[Mark]):
    """Paths and patterns, each with a mark; the first that means a file wins."""

    exact: Mapping[str, Mark]
    patterns: tuple[tuple[str, Mark], ...]

    @classmethod
    def of(cls, marked: Iterable[tuple[str, Mark]]) -> Matcher[Mark]:
        """Sort (path, mark) pairs into plain paths and patterns."""
        exact: dict[str, Mark] = {}
        patterns: list[tuple[str, Mark]] = []
        for path, mark in marked:
            if WILD.search(path):
                patterns.append((path, mark))
            else:
                exact.setdefault(path, mark)
        return cls(exact=exact, patterns=tuple(patterns))

    def find(self, path: str) -> tuple[str, Mark] | None:
        """Give the line that means a file, with its mark."""
        if path in self.exact:
            return path, self.exact[path]
        folder = path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if f"{folder}/" in self.exact:
                return f"{folder}/", self.exact[f"{folder}/"]
        for pattern, mark in self.patterns:
            if _compiled(pattern).fullmatch(path):
                return pattern, mark
        return None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*|\?)", pattern.rstrip("/"))
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(meaning.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{text}/.*" if pattern.endswith("/") else text, re.DOTALL)
