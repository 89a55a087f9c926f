"""A share of what could be asked where that is too much: some of every kind, always the same. Pure.

What comes first in a document is often of one kind, and names tell what belongs together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from zlib import crc32

from jettison.values import by_key
from jettison.verify.workload import Interface, Operation, find_account
from jettison.verify.workload.step import NO_METHOD, NO_PAGE, NO_SLASH, Step

_DIGITS = re.compile(r"\d+")


def some_of_each(interface: Interface, most: int) -> tuple[Operation, ...]:
    """Give at most so many operations, of each kind as many as of others, in their order.

    Of a kind are those whose addresses differ in numbers alone. Of several kinds the same numbers
    are chosen, as what one of them makes another one may read.
    """
    found = interface.operations
    if len(found) <= most:
        return found
    account = find_account(interface)
    entrances = [one for one in (account.sign_up, account.login) if one]
    groups = by_key((_kind(one), one) for one in found if one not in entrances)
    ranked = [
        (rank, crc32(" ".join(one.key).encode()), one)
        for group in groups.values()
        for rank, one in enumerate(sorted(group, key=lambda one: crc32(_stem(one).encode())))
    ]
    ranked.sort(key=lambda each: each[:2])
    taken = {id(one) for _, _, one in ranked[: max(0, most - len(entrances))]}
    return tuple(one for one in found if id(one) in taken or one in entrances)


def _kind(operation: Operation) -> Hashable:
    method, path = operation.key
    return method, _DIGITS.sub("#", path)


def _stem(operation: Operation) -> str:
    return operation.path.partition("{")[0].rstrip("/")


def by_need(steps: Sequence[Step]) -> list[int]:
    """Give the numbers of steps, the first way to ask of each route before the second of any.

    What others need, and what users wrote themselves, comes before all of them.
    """
    counts: Counter[tuple[str, str]] = Counter()
    ranks = {}
    for number in sorted(range(len(steps)), key=lambda number: steps[number].anonymous):
        step = steps[number]
        route = step.method, step.path
        ranks[number] = counts[route] if not is_needed(step) else -1
        counts[route] += 1
    return sorted(ranks, key=lambda number: (ranks[number], crc32(steps[number].name.encode())))


def is_needed(step: Step) -> bool:
    """Tell whether a step is sent whatever the limits are."""
    return step.signs_in or step.raw_body is not None


def few(steps: Sequence[Step], most: int) -> tuple[Step, ...]:
    """Give at most so many steps, in their order."""
    if len(steps) <= most:
        return tuple(steps)
    return tuple(steps[number] for number in sorted(by_need(steps)[:most]))


_NO_ROUTES = frozenset({"file", NO_PAGE, NO_METHOD, NO_SLASH})


def routes_of(steps: Iterable[Step]) -> frozenset[tuple[str, str]]:
    """Give the methods and paths that steps lead to, of those that an application declares."""
    return frozenset((one.method, one.path) for one in steps if one.variation not in _NO_ROUTES)
