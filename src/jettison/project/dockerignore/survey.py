"""Which files each of many patterns matches, found in one pass over a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from jettison.project.dockerignore.match import Pattern


def survey(tree: Iterable[str], patterns: Sequence[Pattern]) -> tuple[frozenset[str], ...]:
    """Return for each pattern the files that it matches by themselves or by a directory.

    Exceptions count as patterns here. Most patterns look at one name only: those are tried once
    for each name, and not for each path.
    """
    own = _Own(patterns)
    found: list[set[str]] = [set() for _ in patterns]
    directories: dict[str, frozenset[int]] = {"": frozenset()}

    def hits(path: str) -> frozenset[int]:
        if path not in directories:
            directories[path] = hits(path.rpartition("/")[0]) | own.hits(path)
        return directories[path]

    for path in tree:
        for index in hits(path.rpartition("/")[0]) | own.hits(path):
            found[index].add(path)
    return tuple(frozenset(paths) for paths in found)


class _Own:
    """Tells which patterns match a path itself."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        anywhere = {
            index: one.text.removeprefix("**/")
            for index, one in enumerate(patterns)
            if one.text.startswith("**/") and one.text.count("/") == 1
        }
        self._anywhere = frozenset(anywhere)
        self._top = frozenset(
            index for index, one in enumerate(patterns) if "/" not in one.text
        ) - {index for index, one in enumerate(patterns) if "**" in one.text}
        self._others = frozenset(range(len(patterns))) - self._anywhere - self._top
        self._by_name = cache(self._anywhere_hits)
        self._some = re.compile(
            "|".join(patterns[index].expression for index in anywhere) or "(?!)", re.DOTALL
        )

    def hits(self, path: str) -> frozenset[int]:
        found = self._by_name(path.rpartition("/")[2])
        tried = self._others if "/" in path else self._others | self._top
        return found | {index for index in tried if self._patterns[index].matches(path)}

    def _anywhere_hits(self, name: str) -> frozenset[int]:
        """Return which patterns for any directory match a name."""
        if not self._some.fullmatch(name):
            return frozenset()
        return frozenset(index for index in self._anywhere if self._patterns[index].matches(name))
