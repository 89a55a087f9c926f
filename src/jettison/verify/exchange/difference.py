"""Holds the answers of the candidate against those of the baseline. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from jettison.verify.exchange.answer import Exchange
from jettison.verify.exchange.judging import Request, judged
from jettison.verify.exchange.masks import Mask

Run = Sequence[Exchange]
_SERVER_ERROR = 500


class Comparison(Struct, frozen=True, kw_only=True):
    """All exchanges of a workload: how many are the same, and what each of the others says.

    ``failing`` counts those that are server errors in both. ``varying`` names requests whose status
    or content type is not always the same in the baseline: each of these answers is one that the
    candidate may give. ``masked`` says of which places only the kind was compared, and why.
    ``open`` are the numbers of requests that more runs could decide.
    """

    total: int
    same: int
    differences: tuple[str, ...]
    new_errors: int
    varying: tuple[str, ...]
    failing: int
    masked: tuple[str, ...] = ()
    open: frozenset[int] = frozenset()


def compare_exchanges(
    before: Sequence[Run], after: Sequence[Run], *, strict: bool = False
) -> Comparison:
    """Compare runs of the same requests: at least one of the baseline; empty runs do not count.

    An answer of the candidate is the same when the baseline gave it, or when it differs from what
    the baseline gave only where the baseline differs itself, and only within the kind of that.
    Anything else is a difference, however rarely it was seen.
    """
    befores = [run for run in before if run]
    afters = [run for run in after if run] or [()]
    length = min(len(run) for run in (*befores, *afters))
    starts = {id(run): _begun(run) for run in (*befores, *afters)}
    found, failing = [], 0
    for number in range(length):
        one = Request(
            name=befores[0][number].name,
            before=tuple(run[number].answers for run in befores),
            after=tuple(run[number].answers for run in afters),
        )
        failing += all(answer.status >= _SERVER_ERROR for answer in (*one.had, *one.has))
        begun = tuple([starts[id(run)] for run in runs] for runs in (befores, afters))
        found.append(judged(one, *begun, strict=strict))
    differences = [one.said for one in found if one.said]
    missing = len(befores[0]) - length
    return Comparison(
        total=len(befores[0]),
        same=length - len(differences),
        differences=(*differences, *((f"{missing} requests got no answer",) if missing else ())),
        new_errors=sum(one.broken for one in found),
        varying=tuple(one.varies for one in found if one.varies),
        failing=failing,
        masked=tuple(_reasons(mask for one in found for mask in one.masks)),
        open=frozenset(number for number, one in enumerate(found) if one.open),
    )


def _begun(run: Run) -> float:
    return min((one.answer.at for one in run if one.answer.at), default=0.0)


def _reasons(found: Iterable[Mask]) -> Iterator[str]:
    """Count the masks of the same place and kind, the most frequent first."""
    counts = Counter((one.place, one.kind, one.why) for one in found)
    for (place, kind, why), count in counts.most_common():
        yield f"{place} in {count} answer{'s' * (count > 1)}: {kind}, which {why}"
