"""Text to TOML tables, and careful access to what may have another shape than expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from jettison.errors import InputSyntaxError
from jettison.values import Origin

Table = Mapping[str, Any]
_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


def read_toml(text: str, file: str) -> Table:
    """Return the document's root table; raises InputSyntaxError with the line."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise InputSyntaxError(
            "not valid TOML",
            why=_LINE.sub("", str(error)),
            hint="Correct the line.",
            origin=Origin(file=file, line=line),
        ) from error


def table(parent: Table, *path: str) -> Table:
    """Return the table at a path; empty when it is absent or no table."""
    found: Any = parent
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def array(parent: Table, key: str) -> list[Any]:
    """Return the array under a key; empty when it is absent or no array."""
    found = parent.get(key)
    return found if isinstance(found, list) else []


def tables(parent: Table, key: str) -> list[Table]:
    """Return the tables in the array under a key."""
    return [one for one in array(parent, key) if isinstance(one, Mapping)]


def texts(parent: Table, key: str) -> tuple[str, ...]:
    """Return the strings in the array under a key."""
    return tuple(one for one in array(parent, key) if isinstance(one, str))


def text_of(parent: Table, key: str) -> str:
    """Return the string under a key; empty when it is absent or no string."""
    found = parent.get(key)
    return found if isinstance(found, str) else ""
