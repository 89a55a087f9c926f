"""The faults of ``handmade.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.faults.changes import Change, edit, remove, rewrite, run

_MADE: dict[str, Callable[..., str]] = {"edit": edit, "write": rewrite}


def handmade() -> tuple[Change, ...]:
    """Read all of them."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8")
    return tuple(_change(one) for one in tomllib.loads(text)["fault"])


def _change(entry: dict[str, Any]) -> Change:
    return Change(
        name=entry["name"],
        kind=entry["kind"],
        sample=entry["sample"],
        lines=tuple(_lines(entry)),
        checks=tuple(entry.get("checks", ())),
        says=entry.get("says", ""),
    )


def _lines(entry: dict[str, Any]) -> Iterator[str]:
    yield from entry.get("lines", ())
    yield from (make(*entry[key]) for key, make in _MADE.items() if key in entry)
    yield from (
        make(entry[key]) for key, make in (("remove", remove), ("run", run)) if key in entry
    )
