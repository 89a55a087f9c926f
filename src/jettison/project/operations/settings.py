"""Strings of configuration files that may name a module, a driver or a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.project.source.facts import Text
from jettison.project.source.texts import may_name, word_roles

_KEY = re.compile(r"""^\s*(?:-\s+)?(?:export\s+)?["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]""")
# A name that matters has a dot, a colon or a plus sign in it, except where one word is enough.
_MARK = re.compile(r"\w[.+]\w|\w:[\w/]")
_VALUE = re.compile(r"[A-Za-z_][A-Za-z0-9_.+:-]*(?://)?")


def settings_in(file: str, text: str) -> Iterator[Text]:
    """Every dotted name and URL of a text, with the key in front of it as its role."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";", "//")):
            continue
        key = _KEY.match(line)
        role = key["key"] if key else ""
        if role not in word_roles() and not _MARK.search(line):
            continue
        for match in _VALUE.finditer(line, key.end() if key else 0):
            value = match[0].rstrip(":.") if "://" not in match[0] else match[0]
            if role != "PYTHONBREAKPOINT" and may_name(value, "", role):
                yield Text(file=file, line=number, value=value, target=role, role=role)
