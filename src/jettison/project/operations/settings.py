"""Strings of configuration files that may name a module, a driver or a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.project.source.facts import Text
from jettison.project.source.texts import may_name

_KEY = re.compile(r"""^\s*(?:-\s+)?(?:export\s+)?["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]""")
_VALUE = re.compile(r"[A-Za-z_][A-Za-z0-9_.+:-]*(?://)?")


def settings_in(file: str, text: str) -> Iterator[Text]:
    """Every dotted name and URL of a text, with the key in front of it as its role."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";", "//")):
            continue
        key = _KEY.match(line)
        role = key["key"] if key else ""
        for match in _VALUE.finditer(line, key.end() if key else 0):
            value = match[0].rstrip(":.") if "://" not in match[0] else match[0]
            if role != "PYTHONBREAKPOINT" and may_name(value, "", role):
                yield Text(file=file, line=number, value=value, target=role, role=role)
