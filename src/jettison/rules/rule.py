"""What a rule is, and the fold: each rule sees the plan that the rules before it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import cleandoc

from msgspec import Struct

from jettison.lower.apply import applied as changed
from jettison.lower.apply import led_back
from jettison.plan import Finding, Plan, Safety, Withdrawal
from jettison.values import human, replace

# From this level of a plan on its image is watched while it runs.
WATCHED = 3
Detect = Callable[[Plan], Iterator[Finding]]


class Rule(Struct, frozen=True, kw_only=True):
    """One optimization.

    ``name`` is that of its page, of its folder of cases, and of its module with hyphens, unless
    several rules share what they know. ``documentation`` is the docstring of the module or then of
    the function: what is done, why with sources, when it is safe.
    ``detect`` is pure, and finds nothing in a plan that already has what the rule wants.
    ``without`` says of one that may make an image larger what it is like without. ``apart`` names
    what of an applied one costs bytes and can be left out alone, with what it is like without;
    None for nothing.
    """

    name: str
    level: int
    documentation: str
    detect: Detect
    without: str = ""
    apart: Callable[[Plan], tuple[str, str] | None] = lambda _plan: None

    @classmethod
    def of(cls, name: str, detect: Detect, *, level: int, without: str = "") -> Rule:
        """Give a rule that is documented where its function is."""
        text = cleandoc(detect.__doc__ or "")
        return cls(name=name, level=level, documentation=text, detect=detect, without=without)

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.documentation.strip().splitlines()[0]


def optimized(plan: Plan, rules: Sequence[Rule], *, without: frozenset[str] = frozenset()) -> Plan:
    """Apply every safe finding of the rules at the plan's level, in order.

    ``without`` names rules that are omitted: by the settings, or for a build that is compared with
    another one to measure one rule. Those of the settings that would find nothing are noted, and
    so is what is withdrawn.
    """
    withdrawn = {one.rule: one for one in plan.withdrawn if not one.part}
    for rule in rules:
        if rule.level > plan.level:
            continue
        if rule.name in withdrawn:
            plan = _left_out(plan, rule, withdrawn[rule.name])
        elif rule.name not in without:
            plan = _folded(plan, rule)
        elif rule.name in plan.settings.without and not any(rule.detect(plan)):
            plan = replace(plan, idle=plan.idle | {rule.name})
    parts = [one for one in plan.withdrawn if one.part and one.rule not in withdrawn]
    told = (_told(one, f"not applied to {one.part}: {one.reason}") for one in parts)
    return replace(plan, findings=(*plan.findings, *told))


def _left_out(plan: Plan, rule: Rule, why: Withdrawal) -> Plan:
    if not any(one.changes for one in rule.detect(plan)):
        return plan
    finding = _told(why, f"not applied: {why.reason}")
    return replace(plan, findings=(*plan.findings, finding))


def _told(one: Withdrawal, message: str) -> Finding:
    return replace(Finding.advice(message), rule=one.rule)


def not_larger(start: Plan, plan: Plan, rules: Sequence[Rule]) -> Plan:
    """Give the plan without what would make the image larger, by the predicted sizes."""
    for _ in rules:
        before, after = plan.prediction.before.size, plan.prediction.after.size
        if before is None or after is None or after.bytes <= before.bytes:
            break
        more = human(after.bytes - before.bytes)
        without = growing(plan, rules, f"{human(before.bytes)} by {more}")
        if not without:
            break
        start = replace(start, withdrawn=(*start.withdrawn, *without))
        plan = replace(optimized(start, rules, without=start.settings.without), base=plan.base)
    return plan


def growing(plan: Plan, rules: Sequence[Rule], sizes: str) -> tuple[Withdrawal, ...]:
    """Give the last applied rule that costs bytes, or a part; ``sizes`` tells how it grows."""
    applied = applied_rules(plan)
    rule = next((one for one in reversed(rules) if one.without and one.name in applied), None)
    if rule is None:
        return ()
    part, without = rule.apart(plan) or ("", rule.without)
    reason = f"the image would grow from {sizes}; without it {without}"
    return (Withdrawal(rule=rule.name, reason=reason, part=part),)


def applied_rules(plan: Plan) -> tuple[str, ...]:
    """The rules that changed something, in their order."""
    return tuple(dict.fromkeys(one.rule for one in plan.findings if one.applied))


def _folded(plan: Plan, rule: Rule) -> Plan:
    found = [replace(finding, rule=rule.name) for finding in rule.detect(plan)]
    after = plan
    for finding in found:
        if finding.safety is Safety.SAFE:
            after = changed(after, finding.changes)
    told = tuple(led_back(finding, plan) for finding in found)
    return replace(after, findings=(*plan.findings, *told))
