"""Says where a value is not what a pattern tells. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from jettison.verify.exchange.pattern import (
    ABSENT,
    Choice,
    Fields,
    Fixed,
    Items,
    Number,
    Pattern,
    Sample,
    Several,
    Text,
    Truth,
    inner,
    kind_of,
    name_of,
    ordered,
    same,
    short,
    without,
    written,
)
from jettison.verify.workload.operation import Json


def changes(pattern: Pattern, sample: Sample, place: str = "") -> Iterator[str]:
    """Say where a value is not what the pattern tells, and how."""
    value, at = sample
    match pattern:
        case Fixed(value=fixed):
            yield from _differences(fixed, value, place)
        case Choice(options=options):
            found = [list(changes(one, sample, place)) for one in options]
            yield from min(found, key=len)
        case Fields() if isinstance(value, dict):
            yield from _field_changes(pattern, value, at, place)
        case Items() if isinstance(value, list):
            yield from _item_changes(pattern, value, at, place)
        case Several() if isinstance(value, list):
            yield from _several_changes(pattern, value, at, place)
        case _ if not _fits(pattern, value, at):
            had = short(pattern.example) if isinstance(pattern, Text) else name_of(pattern)
            yield f"{place}: {had} became {short(value)}"


def _fits(pattern: Pattern, value: Json, at: float) -> bool:
    if isinstance(pattern, Text):
        return isinstance(value, str) and pattern.form.fits(value, at)
    if isinstance(pattern, Number):
        return kind_of(value) == "number" and (isinstance(value, int) or not pattern.whole)
    return isinstance(pattern, Truth) and isinstance(value, bool)


def _several_changes(
    pattern: Several, value: Sequence[Json], at: float, place: str
) -> Iterator[str]:
    for gone in without(pattern.always, Counter(map(written, value))):
        yield f"{place}[*]: {short(gone)} is missing"
    for one in without(value, Counter(map(written, pattern.always))):
        yield from changes(pattern.others, (one, at), f"{place}[*]")


def _differences(one: Json, other: Json, place: str) -> Iterator[str]:
    if ABSENT in (one, other):
        yield _said(place, one, other)
    elif same(one, other):
        return
    elif isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            had, has = (each.get(name, ABSENT) for each in (one, other))
            yield from _differences(had, has, inner(place, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (had, has) in enumerate(zip(one, other, strict=True)):
            yield from _differences(had, has, f"{place}[{index}]")
    elif isinstance(one, list) and isinstance(other, list):
        yield f"{place}: {len(one)} elements became {len(other)}"
    else:
        yield _said(place, one, other)


def _field_changes(
    pattern: Fields, value: Mapping[str, Json], at: float, place: str
) -> Iterator[str]:
    for name, one in pattern.named.items():
        if name in value:
            yield from changes(one, (value[name], at), inner(place, name))
        else:
            yield f"{inner(place, name)}: is missing"
    left = {name: one for name, one in value.items() if name not in pattern.named}
    for form, count, one in pattern.keyed:
        fitting = [name for name in left if form.form.fits(name, at)]
        if len(fitting) != count:
            yield f"{place}: {count} keys such as {form.example!r} became {len(fitting)}"
        for name in fitting:
            yield from changes(one, (left.pop(name), at), inner(place, name))
    for name, found in left.items():
        if name in pattern.optional:
            yield from changes(pattern.optional[name], (found, at), inner(place, name))
        else:
            yield _said(inner(place, name), ABSENT, found)


def _item_changes(pattern: Items, value: Sequence[Json], at: float, place: str) -> Iterator[str]:
    if len(value) != len(pattern.items):
        yield f"{place}: {len(pattern.items)} elements became {len(value)}"
        return
    row = ordered(value) if pattern.sorted else value
    for index, (one, found) in enumerate(zip(pattern.items, row, strict=True)):
        yield from changes(one, (found, at), f"{place}[{index}]")


def _said(place: str, had: Json, has: Json) -> str:
    return f"{place}: {short(had)} became {short(has)}"
