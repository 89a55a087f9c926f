"""Searches with patterns that an application wrote, which could take years: ``re`` has no limit."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

_LONGEST_PATTERN = 500
_MOST_STEPS = 1e6
# A value of so many characters is divided in few enough ways.
_SHORT = 12
_MOST_GROUPS = 2
# What a pattern repeats, and the end of a group that is repeated as a whole.
_REPEAT = re.compile(r"[*+}]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")


def fits(value: str, pattern: str) -> bool:
    """Tell whether a value fits; not of one with which the search could take long."""
    if not pattern:
        return True
    return len(value) <= _searchable(pattern) and bool(_search(pattern)(value))


def _searchable(pattern: str) -> int:
    """Give how long a value may be: what a pattern repeats bounds the steps of a search."""
    groups = len(_REPEATED_GROUP.findall(pattern))
    if len(pattern) > _LONGEST_PATTERN or groups > _MOST_GROUPS:
        return 0
    if groups:
        return 0 if pattern.count("|") > _MOST_GROUPS else _SHORT
    return int(_MOST_STEPS ** (1 / max(2, len(_REPEAT.findall(pattern)))))


@lru_cache(maxsize=256)
def _search(pattern: str) -> Callable[[str], object]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return re.compile(pattern).search
    except (re.error, OverflowError, RecursionError):
        return lambda _: True
