"""Imports and names in texts of a file that is not valid Python, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.project.source.facts import Import, Text
from jettison.project.source.texts import may_name

_IMPORT = re.compile(
    rb"^[ \t]*import[ \t]+([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*)", re.M
)
_FROM = re.compile(rb"^[ \t]*from[ \t]+(\.*)([A-Za-z_][\w.]*)?[ \t]+import\b", re.M)
_QUOTED = re.compile(rb"""(["'])([A-Za-z_][A-Za-z0-9_.:+/-]{1,199})\1""")
_SETTING = re.compile(rb"^[ \t]*INSTALLED_APPS\b", re.M)
_LONGEST = 32 * 1024 * 1024
"""Bytes of a file that are looked at."""
_LARGEST_OF_TEXTS = 1024 * 1024
"""Bytes that are searched for texts: files of data have millions."""


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


def skim_texts(file: str, content: bytes) -> Iterator[Text]:
    """Every quoted name that may be loaded: dotted ones, URLs, words beside Django's settings.

    What a text is assigned to is not seen, so that in a file of settings any word counts as an
    application: more is kept than is needed.
    """
    content = content[:_LARGEST_OF_TEXTS]
    target = "INSTALLED_APPS" if _SETTING.search(content) else ""
    line, place = 1, 0
    for match in _QUOTED.finditer(content):
        value = match[2].decode("ascii")
        line += content.count(b"\n", place, match.start())
        place = match.start()
        if may_name(value, target, ""):
            yield Text(file=file, line=line, value=value, target=target)
