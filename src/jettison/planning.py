"""The fold: each rule sees the plan that the rules before it left.

It ends by construction, the savings are marginal and add up, and no two rules claim the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from jettison.plan.apply import applied
from jettison.plan.finding import Finding, Safety
from jettison.plan.places import led_back
from jettison.plan.plan import Plan
from jettison.rules.rule import Rule


def optimized(plan: Plan, rules: Sequence[Rule], *, without: frozenset[str] = frozenset()) -> Plan:
    """Apply every safe finding of the rules at the plan's level, in order.

    ``without`` names rules that are left out: by the settings, or for a build that is compared with
    another one to measure one rule. Those of the settings that would find nothing are noted.
    """
    for rule in rules:
        if rule.level > plan.level:
            continue
        if rule.name not in without:
            plan = _folded(plan, rule.detect)
        elif rule.name in plan.settings.without and not rule.detect(plan):
            plan = replace(plan, idle=plan.idle | {rule.name})
    return plan


def _folded(plan: Plan, detect: Callable[[Plan], tuple[Finding, ...]]) -> Plan:
    found = detect(plan)
    after = plan
    for finding in found:
        if finding.safety is Safety.SAFE:
            after = applied(after, finding.changes)
    told = tuple(led_back(finding, plan) for finding in found)
    return replace(after, findings=(*plan.findings, *told))
