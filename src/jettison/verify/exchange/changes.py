"""Where a response is not what several others have in common, and how. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from jettison.values import by_key
from jettison.verify.exchange.pattern import (
    Choice,
    Fields,
    Fixed,
    Items,
    Loose,
    Number,
    Pattern,
    Sample,
    Several,
    Text,
    Truth,
    name_of,
    ordered,
    shape_of,
    without,
)
from jettison.verify.workload import ABSENT, Json, inner, kind_of, same, short, written

_ALIKE = 20  # how much of what two texts have in common is shown


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
        case Loose() if isinstance(value, dict):
            return
        case _ if not _fits(pattern, value, at):
            had = short(pattern.example) if isinstance(pattern, Text) else name_of(pattern)
            yield f"{place}: {had} became {short(value)}"


def _fits(pattern: Pattern, value: Json, at: float) -> bool:
    if isinstance(pattern, Text):
        return isinstance(value, str) and pattern.form.fits(value, at)
    if isinstance(pattern, Number):
        fits = kind_of(value) == "number" and (isinstance(value, int) or not pattern.whole)
        return fits and (pattern.distance is None or pattern.distance.fits(value, at))
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
    # those of another shape fit where what stands in for something random does not look so
    keyed = {shape_of(form.example): (form, count, one) for form, count, one in pattern.keyed}
    alike = by_key((shape if (shape := shape_of(key)) in keyed else "", key) for key in left)
    for shape, (form, count, one) in keyed.items():
        near = (*alike.get(shape, ()), *alike.get("", ()))
        fitting = [name for name in near if name in left and form.form.fits(name, at)]
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
    if isinstance(had, str) and isinstance(has, str):
        begin = len(posixpath.commonprefix((had, has))) - _ALIKE  # a little before they part
        if begin > _ALIKE:
            had, has = (f"…{one[begin:]}" for one in (had, has))
    return f"{place}: {short(had)} became {short(has)}"
