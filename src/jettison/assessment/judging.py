"""Hold an image against its budgets and its baseline, and name what it grew by."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from itertools import chain

from msgspec import Struct

from jettison.assessment import (
    Amount,
    Figures,
    Growth,
    Level,
    Placed,
    Problem,
    caused,
    growths,
    placed,
    worst_first,
)
from jettison.contents.stored_files import OwnerKind
from jettison.formats.budgets import FIGURES, GROWING, Budget, Budgets, Limit, shown
from jettison.verify import Verdict

# Growth that is not worth a budget of its own, where the settings say nothing.
DEFAULT_FLOOR = 1_000_000


class Outcome(StrEnum):
    """What came of one check. ``MAYBE`` is a range that reaches over the limit."""

    WITHIN = "within"
    OVER = "over"
    MAYBE = "maybe over"
    ACCEPTED = "accepted"
    UNKNOWN = "not known"


class BudgetCheck(Struct, frozen=True, kw_only=True):
    """One budget held against what is known; ``budget`` is GROWTH for growth of ``figure``.

    ``reason`` is why growth was accepted.
    """

    budget: Budget
    figure: Budget
    outcome: Outcome
    limit: Limit
    amount: Amount | None = None
    before: Amount | None = None
    reason: str = ""

    @property
    def rule(self) -> str:
        """The stable name of what it may report."""
        return f"budget-{self.budget.value}"


class CheckedImage(Struct, frozen=True, kw_only=True, dict=True):
    """An image and what it was held against.

    ``missing`` says why there is no baseline, where one was requested, and ``doubt`` why it may not
    be of the same image. ``notes`` are what the plan
    finds; ``verdict`` is there when both images were run.
    """

    figures: Figures
    budgets: Budgets
    baseline: Figures | None = None
    missing: str = ""
    doubt: str = ""
    notes: tuple[Problem, ...] = ()
    verdict: Verdict | None = None

    @cached_property
    def checks(self) -> tuple[BudgetCheck, ...]:
        """Every budget, in the order of the settings' page."""
        return (*self._limits(), *self._growths())

    @cached_property
    def growth(self) -> tuple[Growth, ...]:
        """What grew, the largest first; empty without the owners of both."""
        before, now = self.baseline, self.figures
        if before is None or (before.basis, before.whole) != (now.basis, now.whole):
            return ()
        if not (before.owners and now.owners):
            return ()
        return tuple(growths(before.owners, now.owners))

    @property
    def default_file(self) -> str:
        """Where to tell what has no place of its own: the file that names the base image."""
        places = (one.origin.file for one in self.figures.owners
                  if one.origin and one.kind is OwnerKind.BASE)  # fmt: skip
        limits = (limit.place.file for limit in self.budgets.values() if limit.place)
        return next(chain(places, limits), "Dockerfile")

    @property
    def over(self) -> bool:
        """Whether a budget is exceeded."""
        return any(check.outcome is Outcome.OVER for check in self.checks)

    @property
    def different(self) -> bool:
        """Whether it was run beside its baseline and does not behave the same."""
        return self.verdict is not None and not self.verdict.equivalent

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything to tell, the worst first."""
        found = (*self._behaviour(), *self._exceeded(), *self._causes(), *self.notes)
        return tuple(sorted(found, key=worst_first))

    def _limits(self) -> Iterator[BudgetCheck]:
        for budget in FIGURES:
            limit, amount = self.budgets.get(budget), self.figures.amounts.get(budget)
            if limit is not None:
                outcome = _outcome(amount, limit.most)
                yield BudgetCheck(
                    budget=budget, figure=budget, outcome=outcome, limit=limit, amount=amount
                )

    def _growths(self) -> Iterator[BudgetCheck]:
        limit = self.budgets.get(Budget.GROWTH)
        if limit is None:
            return
        before, now = self.baseline, self.figures
        alike = before is not None and before.basis is now.basis
        pairs = {
            figure: (before.amounts[figure], now.amounts[figure])
            for figure in GROWING
            if before is not None and alike and figure in before.amounts and figure in now.amounts
        }
        if not pairs:
            unknown = Outcome.UNKNOWN
            yield BudgetCheck(
                budget=Budget.GROWTH, figure=Budget.SIZE, outcome=unknown, limit=limit
            )
        for figure, (first, second) in pairs.items():
            outcome = self._grown(figure, first, second, limit.most)
            accepted = self.budgets.get(GROWING[figure])
            yield BudgetCheck(
                budget=Budget.GROWTH,
                figure=figure,
                outcome=outcome,
                limit=limit,
                amount=second,
                before=first,
                reason=accepted.reason if accepted and outcome is Outcome.ACCEPTED else "",
            )

    def _grown(self, figure: Budget, before: Amount, now: Amount, percent: float) -> Outcome:
        floor = self.budgets.get(Budget.GROWTH_FLOOR)
        least = floor.most if floor else DEFAULT_FLOOR
        over = all(
            second - first > max(least, first * percent / 100)
            for first, second in ((before.low, now.low), (before.high, now.high))
        )
        accepted = self.budgets.get(GROWING[figure])
        if over and accepted and now.high <= accepted.most:
            return Outcome.ACCEPTED
        return Outcome.OVER if over else Outcome.WITHIN

    def _behaviour(self) -> Iterator[Problem]:
        for check in self.verdict.reasons if self.verdict and self.different else ():
            message = f"behaves differently: {check.name}: {check.message}"
            yield Problem(
                rule="behaves-differently", level=Level.ERROR, message=message, subject=check.name
            )

    def _exceeded(self) -> Iterator[Problem]:
        for check in self.checks:
            if check.outcome not in (Outcome.OVER, Outcome.MAYBE):
                continue
            cause = self.cause_of(check)
            level = Level.ERROR if check.outcome is Outcome.OVER else Level.WARNING
            yield Problem(
                rule=check.rule,
                level=level,
                message="".join((said(check), f"; {caused(cause)}" if cause else "")),
                subject=f"{self.figures.image} {check.figure.value}",
                origin=(cause.origin if cause else None) or check.limit.place,
                bytes=cause.bytes if cause else 0,
            )

    def _causes(self) -> Iterator[Problem]:
        """What grew besides the first, where a budget is exceeded."""
        for one in self.growth[1:] if self.over else ():
            if one.bytes >= DEFAULT_FLOOR:
                yield Problem(
                    rule="growth",
                    level=Level.WARNING,
                    message=caused(one),
                    subject=f"{self.figures.image} {one.kind.value} {one.name}",
                    origin=one.origin,
                    bytes=one.bytes,
                )

    def cause_of(self, check: BudgetCheck) -> Growth | None:
        """What grew most; without a baseline, the largest requirement."""
        if check.figure in (Budget.START_UP, Budget.MEMORY):
            return None
        if self.baseline is not None:
            return next(iter(self.growth), None)
        grouped = growths((), self.figures.owners)
        return next((one for one in grouped if one.kind is OwnerKind.DISTRIBUTION), None)


class Gate(Struct, frozen=True, kw_only=True):
    """Every image that was checked; ``folder`` is the project's, from where the command runs."""

    images: tuple[CheckedImage, ...]
    folder: str = ""

    @property
    def over(self) -> bool:
        """Whether a budget of any image is exceeded."""
        return any(one.over for one in self.images)

    @property
    def different(self) -> bool:
        """Whether any image behaves differently."""
        return any(one.different for one in self.images)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """Everything to tell of all images, the worst first, each with a place in the checkout."""
        found = [(one, image.default_file) for image in self.images for one in image.problems]
        return placed(found, self.folder)


def said(check: BudgetCheck) -> str:
    """Say in one clause what was held against what."""
    limit = f"{check.limit.text} ({check.limit.origin})"
    if check.amount is None:
        return f"{check.budget.value}: not known here, limit {limit}"
    now = written(check.figure, check.amount)
    if check.before is not None:
        before = written(check.figure, check.before)
        grown = percent(check.before, check.amount)
        return f"{check.figure.value} grew from {before} to {now} ({grown}), allowed {limit}"
    words = {Outcome.OVER: "over", Outcome.MAYBE: "and may be over"}
    return f"{check.figure.value} is {now}, {words.get(check.outcome, 'within')} the limit {limit}"


def written(figure: Budget, amount: Amount) -> str:
    """Write an amount, or both ends of it."""
    low, high = shown(figure, amount.low), shown(figure, amount.high)
    return low if low == high else f"{low} to {high}"


def percent(before: Amount, now: Amount) -> str:
    """Write how much more it is."""
    return f"{100 * (now.low / before.low - 1):+.1f} %" if before.low else "from nothing"


def _outcome(amount: Amount | None, most: float) -> Outcome:
    if amount is None:
        return Outcome.UNKNOWN
    if amount.low > most:
        return Outcome.OVER
    return Outcome.MAYBE if amount.high > most else Outcome.WITHIN
