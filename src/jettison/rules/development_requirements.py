"""Requirements for development leave production.

Test runners, formatters, type checkers and the libraries that only they need are often half of
what is installed. They move to a file (or group) of their own, from which the development image
is made.

Source: lnbits#2573, lute-v3#492, mvidarr#39 (users asking for it); measured for this project on
twenty web applications, see docs/explanation/scopes.md.

Safe: a requirement leaves production only when something says that it is for development (a
section comment, its place among known tools, imports from tests alone) and nothing says that
production uses it (imports along the entry points, commands, strings that name modules, what a
framework needs). What seems to be unused stays and is marked. An image that others are built on
(ONBUILD) keeps everything: what they use is not known.
"""

from __future__ import annotations

from jettison.changes import MarkUnused, MoveToDevelopment
from jettison.lift.declared import production_files
from jettison.lower.requirements import MARK
from jettison.plan.finding import Finding, Safety
from jettison.plan.parts import PlannedRequirement
from jettison.plan.plan import Plan
from jettison.rules.rule import Rule
from jettison.scopes.values import Scope
from jettison.values import Evidence

NAME = "development-requirements"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find requirements of the production files that are for development, or unused."""
    if plan.stage.triggers:
        return ()
    present = {
        line.name: line for file in production_files(plan.project) for line in file.requirements
    }
    leaving = [r for r in plan.requirements if r.scope is Scope.DEVELOPMENT and r.name in present]
    unused = [r for r in plan.requirements if r.scope is Scope.UNUSED and r.name in present]
    unmarked = [r for r in unused if MARK not in present[r.name].comment]
    return (*_leaving(plan, leaving), *_unused(unmarked))


def _leaving(plan: Plan, found: list[PlannedRequirement]) -> tuple[Finding, ...]:
    if not found:
        return ()
    names = tuple(item.name for item in found)
    return (
        Finding(
            rule=NAME,
            message=f"{_counted(len(found))} production: {', '.join(names)}",
            evidence=tuple(_first(item) for item in found),
            saving=plan.leaving.size,
            changes=(MoveToDevelopment(names=names),),
        ),
    )


def _unused(found: list[PlannedRequirement]) -> tuple[Finding, ...]:
    if not found:
        return ()
    names = tuple(item.name for item in found)
    return (
        Finding(
            rule=NAME,
            message=f"no use found for {', '.join(names)}: kept and marked",
            evidence=tuple(_first(item) for item in found),
            safety=Safety.SAFE,
            changes=(MarkUnused(names=names),),
        ),
    )


def _counted(count: int) -> str:
    return "1 requirement leaves" if count == 1 else f"{count} requirements leave"


def _first(item: PlannedRequirement) -> Evidence:
    first = item.evidence[0] if item.evidence else Evidence(kind="scope", message=item.scope.value)
    return Evidence(
        kind=first.kind, message=f"{item.name}: {first.message}", origin=first.origin or item.origin
    )


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
