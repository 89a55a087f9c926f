"""What a comparison says of the places of which it compares only the kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.verify.exchange.pattern import (
    Choice,
    Fields,
    Fixed,
    Items,
    Loose,
    Number,
    Pattern,
    Several,
    Text,
    Truth,
    name_of,
)
from jettison.verify.workload import Json, inner

# What documents have in place of values, and why.
_WORDS = (
    (re.compile(r"<time of a file such as "), "the time of a file", "building sets"),
    (re.compile(r"^<measured>$"), "a number", "is measured, by its name"),
    (re.compile(r"^<counted>$"), "a number", "is of one of several processes"),
    (re.compile(r"<(iso|compact|web) time of the run,|<time in "), "a time", "follows the clock"),
    (re.compile(r"<day [+-]\d+>"), "a date", "follows the clock"),
    (re.compile(r"<address>"), "an address", "is of the network of the run"),
)
VARIES = "varies in the baseline"


class Mask(Struct, frozen=True, kw_only=True):
    """A place of which only the kind is compared, because the baseline itself varies there."""

    place: str
    kind: str
    why: str = VARIES


def masks(pattern: Pattern, place: str = "") -> Iterator[Mask]:
    """Name the places where the baseline varies, and what may stand there."""
    match pattern:
        case Text() | Number() | Truth():
            yield Mask(place=place, kind=name_of(pattern))
        case Loose():
            yield Mask(place=place, kind="series that are not always there")
        case Choice(options=options):
            yield Mask(place=place, kind=" or ".join(map(name_of, options)))
        case Fixed(value=value):
            yield from _known(value, place)
        case Fields():
            yield from _field_masks(pattern, place)
        case Items():
            yield from _item_masks(pattern, place)
        case Several(others=others):
            yield Mask(place=place, kind="a list whose length varies")
            yield Mask(place=f"{place}[*]", kind=name_of(others))


def _known(value: Json, place: str) -> Iterator[Mask]:
    """Name what a document has already in place of a value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _known(one, inner(place, name))
    elif isinstance(value, list):
        for one in value:
            yield from _known(one, f"{place}[*]")
    elif isinstance(value, str):
        for word, kind, why in _WORDS:
            if word.search(value):
                yield Mask(place=place, kind=kind, why=why)


def _field_masks(pattern: Fields, place: str) -> Iterator[Mask]:
    for name, one in (*pattern.named.items(), *pattern.optional.items()):
        yield from masks(one, inner(place, name))
    if pattern.optional:
        yield Mask(place=place, kind="keys that are not always there")
    for form, _, one in pattern.keyed:
        yield Mask(place=f"{place}.*", kind=name_of(form))
        yield from masks(one, f"{place}.*")


def _item_masks(pattern: Items, place: str) -> Iterator[Mask]:
    if pattern.sorted:
        yield Mask(place=place, kind="a list whose order varies")
    for one in pattern.items:
        yield from masks(one, f"{place}[*]")
