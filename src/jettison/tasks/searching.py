"""Find the rule that makes a difference by applying fewer, for as long as that is worth it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jettison.plan.plan import Plan, Withdrawal
from jettison.report.result_text import Result
from jettison.rules.rule import applied_rules
from jettison.tasks.withdrawing import replanned
from jettison.values import replace

# As many further comparisons have to find nothing before a difference counts as chance.
_REPEATS = 2
ONCE = f"differed in one of {1 + _REPEATS} comparisons of the same images"
# All tries after the first may take so many seconds, or so many times what the first one took, and
# be so many: more than it takes to find two rules of thirty.
_SECONDS, _TIMES, _MOST = 300.0, 3, 24


class Search:
    """Counts what tries take, by what the first one took."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first = self._spent = 0.0
        self.tries = 0

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Count the block as one try."""
        begun = self._clock()
        try:
            yield
        finally:
            passed = self._clock() - begun
            if self.tries:
                self._spent += passed
            else:
                self._first = passed
            self.tries += 1

    @property
    def over(self) -> bool:
        """Whether no more tries are worth their time."""
        return self._spent > max(_SECONDS, _TIMES * self._first) or self.tries > _MOST

    @property
    def told(self) -> str:
        """Say how much was tried."""
        return f"{self.tries} tries took {self._first + self._spent:.0f} s"


def by_chance(again: Callable[[], Result], search: Search) -> Result | None:
    """Give the last of some further comparisons where none of them finds a difference."""
    result = None
    for _ in range(_REPEATS):
        if search.over:
            return None
        result = again()
        if not result.verdict.equivalent:
            return None
    return result


def first_to_fail(
    start: Plan,
    plan: Plan,
    works: Callable[[Plan], bool],
    reason: str,
    *,
    search: Search,
    fold: Callable[[Plan], Plan] = replanned,
) -> tuple[Withdrawal, ...]:
    """Find the first rule with which it does not work, by applying half of them at a time.

    ``fold`` applies the rules. Once the search is over, all that are left are given.
    """
    rules = applied_rules(plan)
    good, bad = 0, len(rules)
    while bad - good > 1 and not search.over:
        middle = (good + bad) // 2
        without = (Withdrawal(rule=name, reason=reason) for name in rules[middle:])
        tried = fold(replace(start, withdrawn=(*start.withdrawn, *without)))
        good, bad = (middle, bad) if works(tried) else (good, middle)
    return _together(rules[good:bad], reason, search)


def to_blame(
    start: Plan, plan: Plan, alike: Callable[[Plan], bool], reason: str, search: Search
) -> tuple[Withdrawal, ...]:
    """Find the rule that makes a difference; none where images differ without any rule as well."""
    if search.over:
        return every_one(plan, reason, search)
    every = tuple(Withdrawal(rule=name, reason=reason) for name in applied_rules(plan))
    unchanged = replanned(replace(start, withdrawn=(*start.withdrawn, *every)))
    return first_to_fail(start, plan, alike, reason, search=search) if alike(unchanged) else ()


def every_one(plan: Plan, reason: str, search: Search) -> tuple[Withdrawal, ...]:
    """Give all rules that a plan applies, as finding the one would take too long."""
    return _together(applied_rules(plan), reason, search)


def _together(rules: tuple[str, ...], reason: str, search: Search) -> tuple[Withdrawal, ...]:
    if len(rules) > 1:
        others = f"{len(rules) - 1} more are withdrawn with it"
        reason = f"{reason}; {others}, as {search.told}, and finding the one takes longer"
    return tuple(Withdrawal(rule=name, reason=reason) for name in rules)
