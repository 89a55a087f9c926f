"""Report development requirements that production imports.

A requirement in a development group that production code imports works on every developer's machine
and in every test. The image that is made without the group stops with ModuleNotFoundError. This
rule shows the chain of imports from the start of the application.

Source: PEP 735 and the documentation of each tool: groups are not part of what a project installs
for its users; `deptry` reports the same as DEP004.

Safe: it changes nothing. To fix it, move the requirement to the main list of the same file and
update the lock. What another requirement of production brings is there, and what only a management
command needs is no error, as it may be for development. An import inside `try` and `except
ImportError`, under `TYPE_CHECKING` or under a debug setting does not count.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.lift.groups import is_named_for_development
from jettison.lift.projects import project_requests
from jettison.plan import Finding, Plan, PlannedRequirement, Safety
from jettison.rules.rule import Rule
from jettison.values import Evidence, Toward

# Where Django finds its commands. Nothing else stops when one of them does.
COMMANDS = "/management/commands/"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find requirements of a development group that production needs."""
    elsewhere = {
        item.name
        for item in plan.requirements
        if item.shipped and not is_named_for_development(item.group)
    }
    elsewhere |= plan.closure.graph.reached(elsewhere)
    # What the words of a command say is then known only while building.
    computed = any("$" in request.action.text for request in project_requests(plan.project))
    yield from (
        Finding(
            message=f"{item.name} is declared for development, needed in production"
            f"{_by_hand(item)}{_fate(item, computed=computed)}",
            evidence=tuple(_evidence(item)),
            safety=Safety.REVIEW,
            error=not item.shipped and not computed and not _by_hand(item),
        )
        for item in plan.requirements
        if item.misplaced and item.name not in elsewhere and is_named_for_development(item.group)
    )


def _by_hand(item: PlannedRequirement) -> str:
    """The management command that alone needs it, in words; empty when the rest needs it too."""
    needing = [one for one in item.evidence if one.toward is Toward.RUNTIME]
    files = [one.origin.file if one.origin else "" for one in needing]
    if not files or not all(COMMANDS in file for file in files):
        return ""
    name = posixpath.basename(files[0]).removesuffix(".py")
    return f" by `manage.py {name}` alone, which people run"


def _fate(item: PlannedRequirement, *, computed: bool) -> str:
    where = f"the group {item.group}"
    if item.shipped:
        return f": move it out of {where} before {where} is removed from the image"
    if computed:
        return f": it is not known whether the image is made without {where}"
    return f": the image is made without {where}"


def _evidence(item: PlannedRequirement) -> Iterator[Evidence]:
    yield from item.evidence[:1]
    yield from item.chain
    message = f"declared in {item.group or item.origin.file}"
    yield Evidence(kind="group", message=message, origin=item.origin)


RULE = Rule(name="misplaced-requirements", level=1, documentation=__doc__, detect=detect)
