"""Compares all requests of a workload: what counts, of all that may differ by chance. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from math import comb

from msgspec import Struct

from jettison.values import replace
from jettison.verify.exchange import (
    SERVER_ERROR,
    Answer,
    Exchange,
    Request,
    evenly_compressed,
    shortened,
)
from jettison.verify.exchange.judging import IMPROBABLE, Judged, Reader, judged
from jettison.verify.exchange.normal import without_home
from jettison.verify.exchange.pattern import Mask
from jettison.verify.exchange.times import Dated
from jettison.verify.exchange.variety import Variety, variety

Run = Sequence[Exchange]


class Comparison(Struct, frozen=True, kw_only=True, dict=True):
    """All exchanges of a workload: how many are the same, and what each of the others says.

    ``failing`` counts those that are server errors in both, ``silent`` those without any response.
    ``varying`` names requests whose status or content type is not always the same in the baseline:
    each of these answers is one that the candidate may give. ``masked`` says of which places only
    the kind was compared, and why. ``open`` are the numbers of requests that more runs can decide,
    the least probable by chance first, ``certain`` says that one differs beyond doubt. ``doubts``
    gives ``doubtful`` when that is asked for, as it takes a while.
    """

    total: int
    same: int
    differences: tuple[str, ...]
    new_errors: int
    varying: tuple[str, ...]
    failing: int
    silent: int = 0
    masked: tuple[str, ...] = ()
    open: tuple[int, ...] = ()
    certain: bool = False
    doubts: Callable[[], frozenset[str]] = frozenset

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The differences that chance may explain."""
        return self.doubts()


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
    reader = Reader(dated=dated or Dated(), before=begun[0], after=begun[1], strict=strict)
    found, doubts = _together(asked, [judged(one, reader) for one in asked], reader)
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
        open=tuple(sorted((n for n, one in enumerate(found) if one.open), key=_by_odds(found))),
        certain=any(one.decided for one in found),
        doubts=doubts,
    )


def _by_odds(found: Sequence[Judged]) -> Callable[[int], float]:
    return lambda number: found[number].odds


def _together(
    asked: Sequence[Request], found: Sequence[Judged], reader: Reader
) -> tuple[Sequence[Judged], Callable[[], frozenset[str]]]:
    """Judge what differs by how many requests do by chance: one of many is new sooner or later.

    Gives what chance may explain as well. How all requests vary is found out where it matters.
    """

    @cache
    def ways() -> list[Variety]:
        return [variety(one, reader) for one in asked]

    odds = [one.odds for one in found if one.odds]
    most = decisive(odds, 0) and decisive(odds, sum(one.new or one.varies for one in ways()))
    judged_at_once = [
        replace(one, open=one.open or one.decided, decided=False) if one.odds > most else one
        for one in found
    ]

    def doubts() -> frozenset[str]:
        vague = {one.said for one in judged_at_once if one.vague and not one.decided}
        left = {one.said for one in judged_at_once if one.odds > most} - vague
        if left:
            alone = sum(one.new > one.chance for one in ways())
            certain = outnumbers(alone, sum(one.chance > one.new for one in ways()))
            vague |= set() if certain else left
        return frozenset(vague)

    return judged_at_once, doubts


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


def decisive(odds: Sequence[float], tests: int) -> float:
    """Give the highest of ``odds`` that counts where so many requests may differ by chance.

    Odds are how improbable each difference is, in parts of what it has to be alone. Of those that
    count in all verdicts, the share that is due to chance is then no larger than that of one
    request (Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995).
    """
    ranked = enumerate(sorted(odds), 1)
    return max((one for rank, one in ranked if one * max(tests, len(odds)) <= rank), default=0.0)


def outnumbers(one: int, other: int) -> bool:
    """Tell whether more requests are new in the candidate alone than chance explains.

    ``other`` are those that are new in one half of the runs alone where both halves have runs of
    each image: of two images that answer alike, each request is as likely among these.
    """
    of = one + other
    return not other or sum(comb(of, more) for more in range(one, of + 1)) <= IMPROBABLE * 2**of
