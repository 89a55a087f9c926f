"""Where a response is not what others have in common, and how it is written otherwise. Pure."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import comb

from msgspec import Struct

from jettison.values import by_key
from jettison.verify.exchange import SERVER_ERROR, Answer
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

# Random content may be longer or shorter by so many bytes, or by one part in so many.
_SPARE, _PART = 16, 50
_ALIKE = 20  # how much of what two texts have in common is shown
# A text of JSON, which may hold anything, and the beginning of a line.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_BEGINS = re.compile(r"\n([ \t]*)[^ \t\n]")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
_LONGEST, _DEEPEST = 2**20, 60
_SHOWN = 4
# How improbable other shares of a value must be, among all answers, to need more runs and to count
# (there may be hundreds of requests whose answers vary); how many values of a document are looked
# at, and how often its request must have been repeated in each run.
_SHARE_DOUBTED, _SHARE_CERTAIN, _VALUES, _REPEATED = 0.05, 0.0001, 400, 4
_STATUS = "status"
# A number by itself, as one that is measured: a busy machine may be why it is another one.
_MEASURED = re.compile(r"(?<![^\W_])\d+(?:\.\d+)?(?!\w{3})")


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
        if pattern.about is not None and isinstance(value, int):
            return abs(value - pattern.about) <= max(_SPARE, pattern.about // _PART)
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
        # most are lines of a page
        if not (isinstance(one, Fixed) and isinstance(found, str) and one.value == found):
            yield from changes(one, (found, at), f"{place}[{index}]")


def _said(place: str, had: Json, has: Json) -> str:
    if isinstance(had, str) and isinstance(has, str):
        begin = len(posixpath.commonprefix((had, has))) - _ALIKE  # a little before they part
        if begin > _ALIKE:
            had, has = (f"…{one[begin:]}" for one in (had, has))
    return f"{place}: {short(had)} became {short(has)}"


class Manner:
    """How all answers of the baseline are written that are JSON, as far as they are alike."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers

    @cached_property
    def _known(self) -> dict[str, object]:
        found: dict[str, object] = {}
        unlike = set()
        for answer in self._answers:
            for place, said in manner(answer).items():
                if found.setdefault(place, said) != said:
                    unlike.add(place)
        return {place: said for place, said in found.items() if place not in unlike}

    def unlike(self, answer: Answer) -> str:
        """Say how an answer is written otherwise, or nothing; other keys are told elsewhere."""
        for place, said in manner(answer).items():
            known = self._known.get(place, said)
            if isinstance(known, tuple) and isinstance(said, tuple):
                if known != said and set(known) == set(said):
                    begin = _first(known, said)
                    had, has = (", ".join(one[begin : begin + _SHOWN]) for one in (known, said))
                    return f"{place}: the order of keys was {had} and is {has}"
            elif known != said:
                return f"{place} was {known} and is {said}"
        return ""


def _first(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = enumerate(zip(one, other, strict=True))
    return next(number for number, (had, has) in pairs if had != has)


def manner(answer: Answer) -> Mapping[str, object]:
    """Tell by place in which order keys are, and how all of it is spaced and escaped.

    Nothing of what is no whole JSON, and nothing of what cannot be seen in this answer.
    """
    json_ = "json" in answer.content_type and answer.status < SERVER_ERROR
    if not json_ or answer.rest or answer.unended or len(answer.body) > _LONGEST:
        return {}
    try:
        text = answer.body.decode()
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    for place, keys in _orders(value, "body", _DEEPEST):
        found.setdefault(place, keys)
    return found | dict(_spaces(text))


def _orders(value: Json, place: str, depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the keys of each object in their order; of the objects of a list those of the first."""
    if isinstance(value, dict) and depth:
        yield place, tuple(value)
        for name, one in value.items():
            yield from _orders(one, inner(place, name), depth - 1)
    elif isinstance(value, list) and depth:
        for one in value[:1]:
            yield from _orders(one, f"{place}[*]", depth - 1)


def _spaces(text: str) -> Iterator[tuple[str, str]]:
    bare = _TEXT.sub('""', text)
    if '":' in bare:
        yield "the space behind colons of JSON", "there" if '": ' in bare else "absent"
    if "," in bare:
        indented = _BEGINS.search(bare)
        usual = "one space" if ", " in bare else "no space"
        said = f"a line with {len(indented[1])} spaces" if indented else usual
        yield "what follows commas of JSON", said
    if not text.isascii() or _ESCAPED.search(text):
        yield "a letter beyond ASCII", "escaped" if text.isascii() else "written as it is"


Documents = Sequence[Sequence[Json]]
"""What is compared of each answer of each run."""


class Shift(Struct, frozen=True, kw_only=True):
    """A value that every run of the candidate gives more often than any of the baseline."""

    said: str
    certain: bool


def shifted(had: Documents, has: Documents) -> Shift | None:
    """Find a value whose share among the answers to one request is another one now.

    Each run of the candidate has to have more of it than any of the baseline, and all answers
    together have to be improbable, by as many values as vary in another way each.
    """
    if min(map(len, (*had, *has))) < _REPEATED:
        return None
    rows = [Counter(one for each in run for one in {*_values(each)}) for run in (*had, *has)]
    lengths = [len(run) for run in (*had, *has)]
    total, of = Counter[tuple[str, str]](), sum(map(len, has))
    for row in rows:
        total.update(row)
    answers = sum(lengths)
    varying = [one for one, count in total.items() if 1 < count < answers]
    vectors = {one: tuple(row[one] for row in rows) for one in varying}
    found = []
    for one, vector in vectors.items():
        shares = [count / length for count, length in zip(vector, lengths, strict=True)]
        before, after = shares[: len(had)], shares[len(had) :]
        if min(after) > max(before):
            given = sum(vector[len(had) :])
            found.append((_tail(given, of, total[one], answers), one, before, after))
    if not found:
        return None
    odds, (place, value), before, after = min(found)
    odds *= len({min(one, _rest(one, lengths)) for one in vectors.values()})
    if odds > _SHARE_DOUBTED:
        return None
    most, least = f"{max(before):.0%}", f"{min(after):.0%}"
    said = f"{place}: {short(value)} in at most {most} of the responses of a run became {least}"
    certain = odds <= _SHARE_CERTAIN
    return Shift(said=f"{said} or more", certain=certain)


def _rest(vector: Sequence[int], lengths: Sequence[int]) -> tuple[int, ...]:
    return tuple(length - count for count, length in zip(vector, lengths, strict=True))


def _tail(found: int, of: int, total: int, answers: int) -> float:
    """Give the probability that of ``total`` answers among all so many or more fall on one side."""
    ways = (comb(of, more) * comb(answers - of, total - more) for more in range(found, total + 1))
    return sum(ways) / comb(answers, total)


def _values(document: Json) -> Iterator[tuple[str, str]]:
    return islice(_leaves(document, ""), _VALUES)


def _leaves(value: Json, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, inner(place, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, f"{place}[{index}]")
    elif place == _STATUS or not _MEASURED.search(written(value)):
        yield place, written(value)
