"""Users and groups that an image has by the time it is done."""

from __future__ import annotations

from jettison.lift.action import lifted_run
from jettison.lift.stage import FinalStage
from jettison.project.commands import GroupChange, UserChange


def made_accounts(stage: FinalStage) -> frozenset[str]:
    """Names and numbers of the users and groups that the steps of the whole chain make."""
    found: set[str] = set()
    for item in stage.inherited:
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
            if isinstance(action.fact, UserChange):
                found |= {action.fact.name, action.fact.uid or "", action.fact.group or ""}
            elif isinstance(action.fact, GroupChange):
                found |= {action.fact.name, action.fact.gid or ""}
    return frozenset(stage.expanded(each) for each in found) - {""}
