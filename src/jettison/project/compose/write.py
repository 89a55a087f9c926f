"""Values to YAML lines in the style of the file they go into."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.project.compose.changes import Scalar, Value

_PLAIN = re.compile(r"[A-Za-z0-9_./~$][A-Za-z0-9_./@%+=,:$(){}~ -]*")
_NO_TEXT = re.compile(
    r"(true|false|yes|no|on|off|y|n|null|~)|[-+.\d][\d_.,:eExXoO+-]*|0x[0-9a-f]+", re.I
)


class Style(Struct, frozen=True, kw_only=True):
    """How a file is laid out.

    ``step`` is the indent of a nested mapping; ``dash`` that of a list under its key.
    """

    step: int
    dash: int
    newline: str


def scalar(value: Scalar) -> str:
    """Write a scalar: plain when that is read back as the same text, else in double quotes."""
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value).lower()
    ends_or_mark = value != value.strip() or value.endswith(":") or ": " in value or " #" in value
    braces = "{" in value.replace("${", "") or value.startswith("$(")
    if _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value) and not (ends_or_mark or braces):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Write a text in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def flow(words: tuple[str, ...]) -> str:
    """Write a list on one line, every member quoted."""
    return "[" + ", ".join(map(quoted, words)) + "]"


def entry(key: str, value: Value, indent: int, style: Style) -> list[str]:
    """Write a key with its value as lines; commands and tests stay on one line."""
    return [" " * indent + line + style.newline for line in _entry(key, value, style)]


def comment_lines(comment: str, indent: int, style: Style) -> list[str]:
    """Write a comment as lines; empty for none."""
    lines = comment.splitlines()
    return [" " * indent + f"# {line}".rstrip() + style.newline for line in lines]


def _entry(key: str, value: Value, style: Style) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield f"{key}: {scalar(value)}"
    elif key in ("command", "entrypoint", "test"):
        yield f"{key}: {flow(tuple(str(word) for word in value))}"
    elif not value:
        yield f"{key}: []"
    else:
        yield f"{key}:"
        for member in value:
            if isinstance(member, tuple):
                for line in _entry(member[0], member[1], style):
                    yield " " * style.step + line
            else:
                yield f"{' ' * style.dash}- {scalar(member)}"
