"""Imports of a file that is not valid Python, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.project.source.facts import Import

_IMPORT = re.compile(
    rb"^[ \t]*import[ \t]+([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*)", re.M
)
_FROM = re.compile(rb"^[ \t]*from[ \t]+(\.*)([A-Za-z_][\w.]*)?[ \t]+import\b", re.M)
_LONGEST = 32 * 1024 * 1024
"""Bytes of a file that are looked at."""


def skim(file: str, content: bytes) -> Iterator[Import]:
    """Every line that looks like an import statement, whatever is around it."""
    content = content[:_LONGEST]
    for match in _IMPORT.finditer(content):
        line = content.count(b"\n", 0, match.start()) + 1
        for module in match[1].decode("ascii", "ignore").split(","):
            yield Import(file=file, line=line, module=module.strip(), skimmed=True)
    for match in _FROM.finditer(content):
        line = content.count(b"\n", 0, match.start()) + 1
        module = (match[2] or b"").decode("ascii", "ignore")
        yield Import(file=file, line=line, module=module, level=len(match[1]), skimmed=True)
