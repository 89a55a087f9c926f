"""Distributions that write into the home folder of whoever runs them."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.catalogue.reader import table
from jettison.values import Evidence


def home_writers(distributions: Iterable[str]) -> tuple[Evidence, ...]:
    """One piece of evidence for each of the named distributions that keeps files there."""
    known = frozenset(table("tools")["writes_home"]["distributions"])
    return tuple(
        Evidence(kind="home", message=f"{name} keeps what it downloads in the home folder")
        for name in sorted(known.intersection(distributions))
    )
