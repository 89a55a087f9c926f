"""Which paths of packages a system wants, by dpkg's own settings (dpkg(1), --path-exclude)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import Protocol


class PathFilter(Protocol):
    """Tells whether a path, without a leading slash, is installed."""

    def __call__(self, path: str, *, folder: bool) -> bool:
        """Return the answer; a folder also stays when something in it may be included."""


def path_filter(lines: Iterable[str]) -> PathFilter:
    """Read ``path-exclude`` and ``path-include`` lines; of those that match, the last decides."""
    rules: list[tuple[bool, re.Pattern[str], str]] = []
    for line in lines:
        name, _, pattern = line.strip().partition("=")
        if name in {"path-exclude", "path-include"}:
            start = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
            rules.append((name == "path-include", re.compile(fnmatch.translate(pattern)), start))

    def wanted(path: str, *, folder: bool) -> bool:
        full = f"/{path}"
        verdict = True
        for included, pattern, start in rules:
            if pattern.fullmatch(full) or (folder and included and _may_hold(full, start)):
                verdict = included
        return verdict

    return wanted


def _may_hold(folder: str, start: str) -> bool:
    return f"{folder}/".startswith(start) or start.startswith(f"{folder}/")
