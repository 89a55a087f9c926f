"""Commands in files that hold one a line, whatever their format."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache

from jettison.catalogue.reader import table

_KEYED = re.compile(r"""^[\s\-@]*["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?P<value>.*)$""")
_SEPARATORS = re.compile(r"\|\||&&|[;|&]")
_SPECIAL = re.compile(r"""["'\\#]""")
_BRACKETS = re.compile(r"[\[\]{},]")


def commands_in(text: str, *, every_line: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line numbers and words of what reads as a command.

    With ``every_line`` a line without a key is one too (Makefile, tox, CI steps); else only the
    values of keys that hold commands (``command:``, ``ExecStart=``).
    """
    continued = ""
    for number, line in enumerate(text.splitlines(), 1):
        whole = f"{continued} {line.strip()}" if continued else line
        if whole.endswith("\\"):
            continued = whole[:-1]
            continue
        continued = ""
        command = _command(whole, every_line=every_line)
        for part in _SEPARATORS.split(command) if command else ():
            words = split(part)
            if words:
                yield number, words


def split(text: str) -> tuple[str, ...]:
    """Words of a simple command without quotes; a lone quote is taken as text."""
    if not _SPECIAL.search(text):
        return tuple(text.split())
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.replace('"', " ").replace("'", " ").split()
    return tuple(word for word in words if word)


def _command(line: str, *, every_line: bool) -> str:
    stripped = line.strip()
    if not stripped or stripped.startswith(("#", "//")):
        return ""
    keyed = _KEYED.match(line)
    if keyed is None:
        return stripped.lstrip("-@ \t").strip("\"',") if every_line else ""
    if keyed["key"].lower() in _command_keys():
        value = keyed["value"].strip()
        if value.startswith("["):
            return _BRACKETS.sub(" ", value)
        return value.strip(",").strip("\"'") if value not in ("|", ">", "|-", ">-") else ""
    if every_line and keyed.start("key") > 0 and line[keyed.end("key")] == ":":
        return ""  # another key of a mapping
    return keyed["value"].strip("\"', ") if every_line else ""


@cache
def _command_keys() -> frozenset[str]:
    return frozenset(table("project_files")["keys"])
