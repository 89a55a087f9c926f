"""Budgets of an image in the settings: what each limits, how it is written, and its edit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from jettison.formats.toml import Path, places
from jettison.formats.toml_edit import add_keys, newline_of
from jettison.values import Origin, human


class Budget(StrEnum):
    """What may not grow beyond a limit, and how much growth against a baseline is allowed.

    Sizes are of the image, its largest layer (compressed) and its memory at rest. ``PACKAGES``
    counts Python distributions. ``GROWTH`` is in per cent; growth of fewer bytes than
    ``GROWTH_FLOOR`` passes, and so does growth up to the size that somebody accepted.
    """

    SIZE = "size"
    COMPRESSED = "compressed-size"
    LARGEST_LAYER = "largest-layer"
    MEMORY = "memory"
    START_UP = "start-up"
    PACKAGES = "packages"
    GROWTH = "growth"
    GROWTH_FLOOR = "growth-floor"
    ACCEPTED_SIZE = "accepted-size"
    ACCEPTED_COMPRESSED = "accepted-compressed-size"


# What is measured of an image and held against its limit; the others judge growth.
FIGURES = (
    *(Budget.SIZE, Budget.COMPRESSED, Budget.LARGEST_LAYER),
    *(Budget.MEMORY, Budget.START_UP, Budget.PACKAGES),
)
# What may grow, and the size up to which growth was accepted.
GROWING = {Budget.SIZE: Budget.ACCEPTED_SIZE, Budget.COMPRESSED: Budget.ACCEPTED_COMPRESSED}


class Limit(Struct, frozen=True, kw_only=True):
    """The most that a budget allows: as written, and in bytes, seconds, per cent or a count.

    ``reason`` is the comment beside it.
    """

    text: str
    most: float
    origin: Origin
    reason: str = ""

    @property
    def place(self) -> Origin | None:
        """Where it is written; None for one that was given to the command."""
        return self.origin if self.origin.line else None


Budgets = Mapping[Budget, Limit]

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kMG]?B|m?s|%)")
_UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "s": 1, "ms": 1e-3, "%": 1}
# How budgets that are no sizes are written, and what their units end in.
_EXAMPLES = {Budget.START_UP: ("1.5 s", "s"), Budget.GROWTH: ("5 %", "%")}
_DIGITS = 3


def limit_of(budget: Budget, written: object, origin: Origin) -> Limit:
    """Read a limit. Raises ValueError with what is wrong and a hint."""
    if budget is Budget.PACKAGES:
        if type(written) is not int or written < 0:
            raise ValueError(f"{written!r} is no number of distributions", "Write it as 60.")
        return Limit(text=str(written), most=written, origin=origin)
    example, unit = _EXAMPLES.get(budget, ("300 MB", "B"))
    amount = _AMOUNT.fullmatch(written) if isinstance(written, str) else None
    if amount is None or not amount[2].endswith(unit):
        raise ValueError(f"{written!r} is no amount", f'Write it as "{example}".')
    return Limit(text=amount[0], most=float(amount[1]) * _UNITS[amount[2]], origin=origin)


def shown(budget: Budget, amount: float) -> str:
    """Write an amount in the unit of its budget."""
    if budget is Budget.START_UP:
        return f"{amount:.2f} s"
    return f"{amount:.0f}" if budget is Budget.PACKAGES else human(round(amount))


def rounded_up(budget: Budget, amount: float) -> str:
    """Write the least limit of three digits that allows an amount, as TOML."""
    if budget is Budget.PACKAGES:
        return str(math.ceil(amount))
    if budget is Budget.START_UP:
        return f'"{math.ceil(amount * 100) / 100:g} s"'
    unit = next(unit for unit in ("GB", "MB", "kB", "B") if amount >= _UNITS[unit] or unit == "B")
    step = 10.0 ** max(0, math.ceil(math.log10(max(amount, 1))) - _DIGITS)
    return f'"{math.ceil(amount / step) * step / _UNITS[unit]:.{_DIGITS}g} {unit}"'


def with_budget(
    text: str, table: Path, budget: Budget, value: str, *, reason: str, day: date
) -> str:
    """Write a limit into settings, with the reason beside it; what was said beside it goes.

    ``table`` is the table of budgets, which is made when there is none.
    """
    comment = f"# {day}: {' '.join(reason.split())}"
    place = places(text).get((*table, budget.value))
    if place is None:
        return add_keys(text, table, [f"{budget.value} = {value}  {comment}"])
    start = text.rfind("\n", 0, place.start) + 1
    head = f"{text[start : place.value]}{value}"
    if text[start : place.start].strip():  # within braces: what follows it stays
        return f"{text[:start]}{comment}{newline_of(text)}{head}{text[place.stop :]}"
    rest = text[place.stop :].partition("\n")
    end = newline_of(text) if rest[1] else ""
    return f"{text[:start]}{head}  {comment}{end}{rest[2]}"
