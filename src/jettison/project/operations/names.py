"""Names and patterns of a shell; most patterns need no expression, which take long to compile."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_WILD = re.compile(r"[*?[]")


def fits(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern, as ``fnmatch.fnmatchcase`` does."""
    middle = pattern.strip("*")
    if _WILD.search(middle):
        return fnmatchcase(name, pattern)
    if pattern.startswith("*"):
        return middle in name if pattern.endswith("*") else name.endswith(middle)
    return name.startswith(middle) if pattern.endswith("*") else name == middle
