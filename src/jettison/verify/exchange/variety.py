"""How the answers to one request vary, whichever image gives them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from jettison.verify.exchange import Request
from jettison.verify.exchange.judging import (
    SORT,
    Expected,
    Reader,
    Samples,
    is_steady,
    never_repeats,
)
from jettison.verify.workload import Json, same

# The runs of which nothing was repeated because it was in doubt.
_FIRST = 2


class Variety(Struct, frozen=True, kw_only=True):
    """How a request varies: whether one half of the first runs gave what the other did not.

    ``new`` says so of the candidate and the baseline, ``chance`` of halves with a run of each,
    which differ by chance alone, ``varies`` of any halves of all runs that have as many of each.
    """

    new: bool = False
    chance: bool = False
    varies: bool = False


def variety(one: Request, reader: Reader) -> Variety:
    """Tell how a request varies."""
    one = one.comparable()
    if is_steady(one) or never_repeats(one):
        return Variety()
    had, has = _varying_parts(*reader.documents(one))
    halves = [*had[::2], *has[::2]], [*had[1::2], *has[1::2]]
    crossed = [*had[::2], *has[1::2]], [*had[1::2], *has[::2]]
    return Variety(
        new=_is_new(had[:_FIRST], has[:_FIRST]),
        chance=_is_new([*had[:1], *has[:1]], [*had[1:_FIRST], *has[1:_FIRST]]),
        varies=any(
            _is_new(known, other) or _is_new(other, known) for known, other in (halves, crossed)
        ),
    )


def _varying_parts(had: Samples, has: Samples) -> tuple[Samples, Samples]:
    """Leave out what all answers have alike: no half of them has it where the other has not."""
    every = [value for runs in (had, has) for run in runs for value, _ in run]
    left = iter(_without_equal(every, SORT))
    had, has = ([[(next(left), at) for _, at in run] for run in runs] for runs in (had, has))
    return had, has


def _without_equal(values: Sequence[Json], kept: Collection[str] = ()) -> Sequence[Json]:
    """Take the keys out of objects under which all have the same."""
    if any(type(value) is not dict for value in values):
        return values
    everywhere = [key for key in values[0] if all(key in value for value in values)]
    found = {}
    for key in everywhere:
        under = [value[key] for value in values]
        if key in kept or not all(same(under[0], one) for one in under):
            found[key] = _without_equal(under)
    equal = {key for key in everywhere if key not in found}
    return [
        {key: found[key][at] if key in found else value[key] for key in value if key not in equal}
        for at, value in enumerate(values)
    ]


def _is_new(known: Samples, runs: Samples) -> bool:
    if not known:
        return False
    expected = Expected(known)
    return any(expected.unlike(*each) for run in runs for each in enumerate(run))
