"""Judges all answers to one request, of all runs of both images. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property, partial
from math import comb, inf, sqrt

from msgspec import Struct

from jettison.values import replace
from jettison.verify.exchange import SERVER_ERROR, Answer, Request, came_to_several, late, unvarying
from jettison.verify.exchange.changes import Manner, changes, shifted
from jettison.verify.exchange.normal import document
from jettison.verify.exchange.pattern import VARIES, Choice, Mask, Sample, choice, masks
from jettison.verify.exchange.times import Dated
from jettison.verify.workload import Json

Unlike = tuple[int, Answer, str]
Samples = Sequence[Sequence[Sample]]
# How improbable a difference between two images that answer alike must be, to need no more runs:
# one that every answer has, of a request that the baseline always answers alike, and any other.
IMPROBABLE_ALWAYS, IMPROBABLE = 0.05, 0.02
FURTHER = 8
"""How often both images are run once more at most while answers are in doubt."""
_RUNS = 2 + FURTHER
# What is seen so rarely in the end is no sign of anything: a third of images that answer alike
# have it.
_SIGN = 1 / 3
# From how many kinds of answers on, and from which chance of a new one, nothing can be said.
_KINDS, _NEW = 4, 0.2
# What begins so much later than the latest answer of the baseline, in three runs and all but one,
# is slow; what comes in pieces is sent so that the first of them is there at once.
_SLOW_SECONDS, _SLOW_PIECES, _SLOW_RUNS = 2.0, 0.7, 3
# As whom what is in doubt is repeated.
_OWN = ("", "again")


class Judged(Struct, frozen=True, kw_only=True):
    """What is wrong with the answers of a candidate; ``open`` while more runs could tell more.

    ``odds`` are how improbable it is by chance, in parts of what one request needs to be decided;
    ``vague`` says that chance may explain what is not decided in the end: it is only at places
    where the runs of the baseline differ, too, or so rare that it is a sign of nothing.
    """

    said: str = ""
    broken: bool = False
    open: bool = False
    decided: bool = False
    odds: float = 0.0
    vague: bool = False
    varies: str = ""
    masks: tuple[Mask, ...] = ()


class Expected:
    """What the baseline answers: at each place among the answers of a run, and at any of them.

    What differs at one place between its runs may come at any other, too.
    """

    def __init__(self, runs: Sequence[Sequence[Sample]]) -> None:
        length = max(map(len, runs))
        self._rows = [[run[place] for run in runs if place < len(run)] for place in range(length)]
        self.patterns = [choice(row, _sort) for row in self._rows]
        self.several = any(len(one.options) > 1 for one in self.patterns)

    @cached_property
    def masks(self) -> tuple[Mask, ...]:
        """The places of which only the kind is compared."""
        return tuple(
            mask for one in self.patterns for option in one.options for mask in masks(option)
        )

    @cached_property
    def restless(self) -> set[str]:
        """The places where runs differ."""
        return {mask.place for mask in self.masks if mask.why == VARIES}

    @cached_property
    def _anywhere(self) -> Choice:
        return choice([sample for row in self._rows for sample in row], _sort)

    def unlike(self, place: int, sample: Sample) -> str:
        """Say how an answer differs from all that is expected there, or nothing.

        Where more answers came than are known, further ones are like the last.
        """
        found = list(changes(self.patterns[min(place, len(self.patterns) - 1)], sample))
        if not found or not (self.several or self.restless):
            return "".join(found[:1])
        elsewhere = list(changes(self._anywhere, sample))
        if self.several and not elsewhere:
            return ""
        left = {_place(one) for one in elsewhere}
        excused = self.restless - left
        return next((one for one in found if _place(one) not in excused), "")


def _place(said: str) -> str:
    return re.sub(r"\[\d+\]", "[*]", said.partition(": ")[0])


class Reader(Struct, frozen=True, kw_only=True):
    """What answers are read with: ``before`` and ``after`` are when the runs of both began."""

    dated: Dated
    before: Sequence[float]
    after: Sequence[float]
    strict: bool

    def documents(self, one: Request) -> tuple[Samples, Samples]:
        """Give what is compared of each answer of both images, by run."""
        known = unvarying((*one.before, *one.after))
        workers = any(map(came_to_several, (*one.before, *one.after)))
        read = partial(document, dated=self.dated, known=known, strict=self.strict, workers=workers)
        had, has = (
            [
                [(read(answer, begun), answer.at) for answer in run]
                for run, begun in zip(runs, starts, strict=False)
            ]
            for runs, starts in ((one.before, self.before), (one.after, self.after))
        )
        return had, has


def judged(one: Request, reader: Reader) -> Judged:
    """Judge a request by itself."""
    one = one.comparable()
    if is_steady(one):
        return _slow(one)
    if never_repeats(one):
        return Judged(varies=f"{one.name}: the kind of response always varies; not compared")
    had, has = reader.documents(one)
    expected, manner = Expected(had), Manner(one.had)
    found = [
        [
            (place, answer, said)
            for place, (sample, answer) in enumerate(zip(run, answers, strict=True))
            if (said := expected.unlike(place, sample) or manner.unlike(answer))
        ]
        for run, answers in zip(has, one.after, strict=True)
    ]
    verdict = _verdict(one, expected, found)
    if not verdict.said or verdict.vague:
        verdict = _shifted(one, verdict, had, has)
    slow = _slow(one) if not verdict.said else verdict
    return replace(verdict, said=slow.said, open=slow.open, decided=slow.decided)


def is_steady(one: Request) -> bool:
    """Tell whether all answers are one."""
    return len({_plain(answer) for answer in (*one.had, *one.has)}) == 1


def _shifted(one: Request, verdict: Judged, had: Samples, has: Samples) -> Judged:
    """Judge whether something that both answer now and then is more or less frequent now."""
    own = [
        [
            [value for (value, _), each in zip(*pair, strict=True) if each.client in _OWN]
            for pair in zip(runs, given, strict=True)
        ]
        for runs, given in ((had, one.before), (has, one.after))
    ]
    found = shifted(*own)
    if not found:
        return verdict
    runs = len(one.after)
    odds = chance(runs, runs, len(one.before)) / IMPROBABLE_ALWAYS if found.certain else inf
    said, decided = f"{one.name}: {found.said}", odds <= 1
    return replace(verdict, said=said, open=not decided, decided=decided, odds=odds, vague=True)


def _slow(one: Request) -> Judged:
    """Judge whether answers of the candidate now and then come much later than they did."""
    pieces = all(answer.streamed for answer in one.had)
    most = _SLOW_PIECES if pieces else _SLOW_SECONDS
    runs = [late(run, one.before, most) for run in one.after]
    if not any(runs):
        return Judged()
    said = f"{one.name}: comes after {max(each.waited for each in one.has):.1f} s{_often(runs)}"
    others = len(runs) - sum(runs)
    certain = sum(runs) >= _SLOW_RUNS and others <= 1
    open_ = not certain and others <= 1
    return Judged(said=said if certain else "", open=open_, decided=certain)


def _often(found: Sequence[bool]) -> str:
    return "" if all(found) else f", in {sum(found)} of {len(found)} runs"


def never_repeats(one: Request) -> bool:
    """Tell whether so many answers of a kind that the baseline never gave are to be expected.

    The share of answers whose kind was seen once estimates how probable one is (Good-Turing).
    """
    counts = Counter(answer.kind for answer in one.had)
    if len(counts) < _KINDS:
        return False
    alone = (1 + sum(count == 1 for count in counts.values())) / len(one.had)
    new = [each for each in one.has if each.kind not in counts]
    expected = alone * len(one.has)
    failing = any(each.status >= SERVER_ERROR for each in new)
    # three times the standard deviation of a number that chance gives (Poisson)
    return alone > _NEW or (0 < len(new) <= expected + 3 * sqrt(expected) and not failing)


def _plain(answer: Answer) -> tuple[object, ...]:
    headers = tuple(one for one in answer.headers.items() if one[0] != "date")
    ending = answer.rest, answer.unended, answer.streamed, answer.wire
    return (*headers, *ending, answer.status, answer.body, answer.cookies)


SORT = ("status", "content-type")
"""What answers to one request are told apart by."""


def _sort(value: Json) -> tuple[Json, ...]:
    return tuple(value[name] for name in SORT)


def _verdict(one: Request, expected: Expected, found: Sequence[Sequence[Unlike]]) -> Judged:
    """Judge by what of each run of the candidate is not expected."""
    sorts = "; ".join(dict.fromkeys(answer.kind for answer in one.had))
    varies = f"{one.name}: {sorts}" if expected.several else ""
    unlike = [each for run in found for each in run]
    if not unlike:
        return Judged(varies=varies, masks=expected.masks)
    place, answer, said = unlike[0]
    had = [run[min(place, len(run) - 1)] for run in one.before]
    client = f" ({answer.client})" if answer.client else ""
    differing = [bool(run) for run in found]
    runs = sum(differing)
    clients = {each.client for _, each, _ in unlike}
    rare = any(
        0 < len(run) < sum(each.client in clients for each in answers)
        for run, answers in zip(found, one.after, strict=True)
    )
    steady = runs == len(found) and not (rare or expected.several)
    often = f", in {len(unlike)} of {len(one.has)} responses" if rare else _often(differing)
    fewest = chance(runs, len(found), len(one.before))
    odds = fewest / (IMPROBABLE_ALWAYS if steady else IMPROBABLE)
    restless = {_place(said) for *_, said in unlike} <= expected.restless
    rarely = fewest > _SIGN and len(one.before) >= len(found)
    broken = answer.status >= SERVER_ERROR > max(each.status for each in had)
    open_ = odds > 1 and _is_open(runs, len(found), len(one.before))
    return Judged(
        said=f"{one.name}{client}: {_told(had, answer, said)}{often}",
        broken=broken,
        open=open_,
        decided=odds <= 1,
        odds=odds,
        vague=restless or (rarely and not (broken or open_)),
        varies=varies,
        masks=expected.masks,
    )


def chance(found: int, of: int, before: int) -> float:
    """Give the probability that all ``found`` rare runs fall on one of two alike images.

    Of ``of`` runs of the candidate and ``before`` of the baseline; Fisher's exact test.
    """
    return comb(of, found) / comb(of + before, found)


def _is_open(found: int, of: int, before: int) -> bool:
    """Tell whether as many runs as there may be can still decide, if all that come differ."""
    left = max(_RUNS - of, 0)
    return chance(found + left, of + left, before + left) <= IMPROBABLE


def _told(had: Sequence[Answer], has: Answer, said: str) -> str:
    """Say in a few words how an answer differs from what the baseline gave."""
    first = had[0]
    if has.status >= SERVER_ERROR and all(one.status < SERVER_ERROR for one in had):
        kind = "failure" if has.failure else "server error"
        return f"{first.kind} became {has.kind}, a new {kind}: {has.excerpt}"
    if has.kind not in {one.kind for one in had}:
        return f"{first.kind} became {has.kind}: {has.excerpt}"
    return said
