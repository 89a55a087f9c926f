"""Why a distribution is in the image, and what would be without it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.index.graph import exclusive, path_to, required_by, weight
from jettison.lift.scopes.values import Scope
from jettison.plan.changes import RemoveFiles
from jettison.plan.plan import Plan, PlannedRequirement, Safety
from jettison.plan.removal.groups import Group
from jettison.plan.removing import uninstalled
from jettison.report.why_values import DistributionAnswer, RuleShare

VERDICTS = {
    Scope.RUNTIME: "kept: production uses it",
    Scope.DEVELOPMENT: "moved from production to development",
    Scope.UNUSED: "kept: no usage found, which is no proof",
    Scope.UNKNOWN: "kept: its purpose could not be determined",
}


def explain_distribution(plan: Plan, name: str) -> DistributionAnswer | None:
    """Explain a distribution by its normalized name; None when the project has none such."""
    graph, facts = plan.closure.graph, plan.closure.facts
    declared = next((item for item in plan.requirements if item.name == name), None)
    if declared is None and name not in graph.edges:
        return None
    share = weight(graph, facts, name) if name in graph.edges else None
    parents = required_by(graph, name) if share else ()
    gone = exclusive(graph, name) if share else ()
    return DistributionAnswer(
        name=name,
        version=facts[name].version if name in facts else "",
        verdict=_verdict(plan, declared, name),
        scope=declared.scope.value if declared else "",
        origin=declared.origin if declared else None,
        evidence=declared.evidence if declared else (),
        chain=declared.chain if declared else (),
        path=path_to(graph, name) if share else (),
        required_by=parents,
        alone=share.alone if share and name not in share.unknown else None,
        together=share.together if share and gone else None,
        gone=gone,
        without=_without(plan, declared, parents, name),
        rules=tuple(_shares(plan, name)),
    )


def groups_of(plan: Plan) -> Iterator[Group]:
    """Everything that leaves the environment."""
    for finding in plan.findings:
        for change in finding.changes if finding.safety is Safety.SAFE else ():
            if isinstance(change, RemoveFiles):
                yield from change.groups


def _verdict(plan: Plan, declared: PlannedRequirement | None, name: str) -> str:
    if name in uninstalled(plan):
        return "removed from the environment"
    if declared:
        return VERDICTS[declared.scope]
    if name in plan.leaving.names:
        return "removed from production with the development requirements that bring it"
    return "kept: a kept distribution needs it"


def _without(
    plan: Plan, declared: PlannedRequirement | None, parents: tuple[str, ...], name: str
) -> str:
    """What would happen if it were gone."""
    if name in uninstalled(plan):
        return "no import of the application would fail"
    facts = plan.closure.facts.get(name)
    roots = facts.import_names if facts else ()
    places = [
        place.origin
        for used, found in plan.usage.imports.items()
        for place in found
        if any(f"{used}.".startswith(f"{root}.") for root in roots) and place.origin
    ]
    staying = [one for one in parents if one in plan.distributions]
    if places:
        return f"the import in {places[0]} would fail"
    if staying:
        return f"{', '.join(staying)} would lack a requirement"
    if declared and declared.scope is Scope.RUNTIME and declared.evidence:
        return f"this use would fail: {declared.evidence[0].message}"
    return "no known use would fail"


def _shares(plan: Plan, name: str) -> Iterator[RuleShare]:
    for group in groups_of(plan):
        if group.distribution == name:
            yield RuleShare(rule=group.rule, reason=group.reason, size=group.size)
