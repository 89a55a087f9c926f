"""Adds patterns to the file that keeps paths out of the build context."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.changes import IgnorePaths
from jettison.facts import Project
from jettison.lower.text import ended


def ignore_paths(project: Project, change: IgnorePaths) -> Mapping[str, str]:
    """Append the patterns under a comment for each reason; what the file has stays above."""
    path = project.ignore_path
    lines: list[str] = []
    last = None
    for pattern, reason in change.entries:
        if reason != last:
            lines += ["", f"# {reason[:1].upper()}{reason[1:]}"]
            last = reason
        lines.append(pattern)
    added = "\n".join(lines).lstrip("\n") + "\n"
    before = project.texts.get(path)
    return {path: added if not before else f"{ended(before)}\n{added}"}
