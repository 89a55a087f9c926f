"""Which rule is to blame for what became of an image."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from jettison.plan.plan import Plan, Withdrawal
from jettison.rules import RULES
from jettison.rules.rule import applied_rules, not_larger, optimized


def planned_anew(start: Plan) -> Plan:
    """Apply the rules to the plan before any rule."""
    plan = optimized(start, RULES, without=start.settings.without)
    return plan if start.observed else not_larger(start, plan, RULES)


def first_to_fail(
    start: Plan, plan: Plan, works: Callable[[Plan], bool], reason: str
) -> Withdrawal:
    """Find the first rule with which it does not work, by applying half of them at a time."""
    rules = applied_rules(plan)
    good, bad = 0, len(rules)
    while bad - good > 1:
        middle = (good + bad) // 2
        without = (Withdrawal(rule=name, reason=reason) for name in rules[middle:])
        tried = planned_anew(replace(start, withdrawn=(*start.withdrawn, *without)))
        good, bad = (middle, bad) if works(tried) else (good, middle)
    return Withdrawal(rule=rules[good], reason=reason)


def to_blame(
    start: Plan, plan: Plan, alike: Callable[[Plan], bool], reason: str
) -> tuple[Withdrawal, ...]:
    """Find the rule that makes a difference; none where images differ without any rule as well."""
    every = (Withdrawal(rule=name, reason=reason) for name in applied_rules(plan))
    unchanged = planned_anew(replace(start, withdrawn=(*start.withdrawn, *every)))
    return (first_to_fail(start, plan, alike, reason),) if alike(unchanged) else ()
