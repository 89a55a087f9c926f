"""Judges all answers to one request, of all runs of both images. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from math import comb, sqrt

from msgspec import Struct

from jettison.values import replace
from jettison.verify.exchange import (
    SERVER_ERROR,
    Answer,
    Exchange,
    Request,
    evenly_compressed,
    late,
    shortened,
    unvarying,
)
from jettison.verify.exchange.changes import Manner, changes
from jettison.verify.exchange.normal import document, without_home
from jettison.verify.exchange.pattern import VARIES, Choice, Mask, Sample, choice, masks
from jettison.verify.exchange.times import Dated
from jettison.verify.workload import Json

Unlike = tuple[int, Answer, str]
# How improbable a difference between two images that answer alike must be, to need no more runs:
# one that every answer has, of a request that the baseline always answers alike, and any other.
_IMPROBABLE_ALWAYS, IMPROBABLE = 0.05, 0.02
# What begins so much later than the latest answer of the baseline, in three runs and all but one,
# is slow; what comes in pieces is sent so that the first of them is there at once.
_SLOW_SECONDS, _SLOW_PIECES, _SLOW_RUNS = 2.0, 0.7, 3
# When the process was started that a page of metrics is of (prometheus.io, "Writing client
# libraries", process metrics).
_STARTED = re.compile(rb"^process_start_time_seconds (\S+)", re.MULTILINE)
# From how many kinds of answers on, and from which chance of a new one, nothing can be said.
_KINDS, _NEW = 4, 0.2


class Judged(Struct, frozen=True, kw_only=True):
    """What is wrong with the answers of a candidate; ``open`` while more runs could tell more.

    ``restless`` says that it is only at places where the runs of the baseline differ, too.
    """

    said: str = ""
    broken: bool = False
    open: bool = False
    restless: bool = False
    varies: str = ""
    masks: tuple[Mask, ...] = ()


class _Expected:
    """What the baseline answers: at each place among the answers of a run, and at any of them.

    What differs at one place between its runs may come at any other, too.
    """

    def __init__(self, runs: Sequence[Sequence[Sample]]) -> None:
        length = max(map(len, runs))
        self._rows = [[run[place] for run in runs if place < len(run)] for place in range(length)]
        self.patterns = [choice(row, _sort) for row in self._rows]
        options = [option for one in self.patterns for option in one.options]
        self.masks = tuple(mask for option in options for mask in masks(option))
        self.several = any(len(one.options) > 1 for one in self.patterns)
        self.restless = {mask.place for mask in self.masks if mask.why == VARIES}

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


def judged(
    one: Request, dated: Dated, before: Sequence[float], after: Sequence[float], *, strict: bool
) -> Judged:
    """Judge a request; ``before`` and ``after`` are when the runs of the two images began."""
    one = one.comparable()
    if len({_plain(answer) for answer in (*one.had, *one.has)}) == 1:
        return _slow(one)
    if _never_repeats(one):
        return Judged(varies=f"{one.name}: the kind of response always varies; not compared")
    known = unvarying((*one.before, *one.after))
    workers = any(map(_came_to_several, (*one.before, *one.after)))
    read = partial(document, dated=dated, known=known, strict=strict, workers=workers)
    had, has = (
        [
            [(read(answer, begun), answer.at) for answer in run]
            for run, begun in zip(runs, starts, strict=True)
        ]
        for runs, starts in ((one.before, before), (one.after, after))
    )
    expected, manner = _Expected(had), Manner(one.had)
    found = [
        [
            (place, answer, said)
            for place, (sample, answer) in enumerate(zip(run, answers, strict=True))
            if (said := expected.unlike(place, sample) or manner.unlike(answer))
        ]
        for run, answers in zip(has, one.after, strict=True)
    ]
    verdict = _verdict(one, expected, found)
    slow = _slow(one) if not verdict.said else verdict
    return replace(verdict, said=slow.said, open=slow.open)


def _came_to_several(run: Sequence[Answer]) -> bool:
    """Whether several processes answered in one run, by when each says that it was started."""
    return len({started for answer in run for started in _STARTED.findall(answer.body)}) > 1


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
    return Judged(said=said if certain else "", open=not certain and others <= 1)


def _often(found: Sequence[bool]) -> str:
    return "" if all(found) else f", in {sum(found)} of {len(found)} runs"


def _never_repeats(one: Request) -> bool:
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


def _sort(value: Json) -> tuple[int, str]:
    return value["status"], value["content-type"]


def _verdict(one: Request, expected: _Expected, found: Sequence[Sequence[Unlike]]) -> Judged:
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
    return Judged(
        said=f"{one.name}{client}: {_told(had, answer, said)}{often}",
        broken=answer.status >= SERVER_ERROR > max(each.status for each in had),
        open=chance(runs, len(found), len(one.before))
        > (_IMPROBABLE_ALWAYS if steady else IMPROBABLE),
        restless={_place(said) for *_, said in unlike} <= expected.restless,
        varies=varies,
        masks=expected.masks,
    )


def chance(found: int, of: int, before: int) -> float:
    """Give the probability that all ``found`` rare runs fall on one of two alike images.

    Of ``of`` runs of the candidate and ``before`` of the baseline; Fisher's exact test. Answers of
    one run depend on each other, so runs count.
    """
    return comb(of, found) / comb(of + before, found)


def _told(had: Sequence[Answer], has: Answer, said: str) -> str:
    """Say in a few words how an answer differs from what the baseline gave."""
    first = had[0]
    if has.status >= SERVER_ERROR and all(one.status < SERVER_ERROR for one in had):
        kind = "failure" if has.failure else "server error"
        return f"{first.kind} became {has.kind}, a new {kind}: {has.excerpt}"
    if has.kind not in {one.kind for one in had}:
        return f"{first.kind} became {has.kind}: {has.excerpt}"
    return said


Run = Sequence[Exchange]


class Comparison(Struct, frozen=True, kw_only=True):
    """All exchanges of a workload: how many are the same, and what each of the others says.

    ``failing`` counts those that are server errors in both, ``silent`` those without any response.
    ``varying`` names requests whose status or content type is not always the same in the baseline:
    each of these answers is one that the candidate may give. ``masked`` says of which places only
    the kind was compared, and why. ``open`` are the numbers of requests that more runs can decide,
    ``certain`` says that one differs beyond doubt, ``doubtful`` are differences that chance may
    explain, at places where the runs of the baseline differ, too.
    """

    total: int
    same: int
    differences: tuple[str, ...]
    new_errors: int
    varying: tuple[str, ...]
    failing: int
    silent: int = 0
    masked: tuple[str, ...] = ()
    open: frozenset[int] = frozenset()
    certain: bool = False
    doubtful: frozenset[str] = frozenset()


def compare_exchanges(
    before: Sequence[Run],
    after: Sequence[Run],
    dated: Dated | None = None,
    homes: tuple[str, str] = ("", ""),
    *,
    strict: bool = False,
) -> Comparison:
    """Compare runs of the same requests: at least one of the baseline; empty runs do not count.

    An answer of the candidate is the same when the baseline gave it, or when it differs from that
    only where the baseline differs itself, within its kind, or where both have the time of the
    same file, or ``homes``, those of their users where these are others. Anything else is a
    difference.
    """
    befores = [run for run in before if run]
    afters = [run for run in after if run] or [()]
    length = min(len(run) for run in (*befores, *afters))
    begun = [[_begun(run) for run in runs] for runs in (befores, afters)]
    asked = [
        Request(
            name=befores[0][number].name,
            before=tuple(_answers(run[number], homes[0]) for run in befores),
            after=tuple(_answers(run[number], homes[1]) for run in afters),
        )
        for number in range(length)
    ]
    asked, cut = shortened(evenly_compressed(asked))
    left = f"what follows the first {cut:,} bytes of responses that vary, as they are too many"
    beyond = (left,) if cut else ()
    found = [judged(one, dated or Dated(), *begun, strict=strict) for one in asked]
    statuses = [{answer.status for answer in (*one.had, *one.has)} for one in asked]
    differences = [one.said for one in found if one.said]
    missing = len(befores[0]) - length
    return Comparison(
        total=len(befores[0]),
        same=length - len(differences) - statuses.count({0}),
        differences=(*differences, *((f"{missing} requests got no response",) if missing else ())),
        new_errors=sum(one.broken for one in found),
        varying=tuple(one.varies for one in found if one.varies),
        failing=sum(min(each) >= SERVER_ERROR for each in statuses),
        silent=statuses.count({0}),
        masked=(*beyond, *_reasons(mask for one in found for mask in one.masks)),
        open=frozenset(number for number, one in enumerate(found) if one.open),
        certain=any(one.said and not one.open for one in found),
        doubtful=frozenset(one.said for one in found if one.open and one.restless),
    )


def _answers(exchange: Exchange, home: str) -> tuple[Answer, ...]:
    return tuple(without_home(answer, home) for answer in exchange.answers)


def _begun(run: Run) -> float:
    return min((one.answer.at for one in run if one.answer.at), default=0.0)


def _reasons(found: Iterable[Mask]) -> Iterator[str]:
    """Count the masks of the same place and kind, the most frequent first."""
    # the labels of a metric are many
    counts = Counter((re.sub(r"\{.*\}", "{…}", one.place), one.kind, one.why) for one in found)
    for (place, kind, why), count in counts.most_common():
        yield f"{place} in {count} answer{'s' * (count > 1)}: {kind}, which {why}"
