"""System packages that are in the image only while one step runs."""

from __future__ import annotations

from jettison.lift.stage import FinalStage
from jettison.project.commands import PackageInstall, system_remove


def passing_packages(stage: FinalStage) -> frozenset[str]:
    """Packages that the step which installs them removes again, so that the image has none."""
    found: set[str] = set()
    for run in stage.runs:
        gone: set[str] = set()
        for action in reversed(run.actions):
            removed = system_remove(action.command)
            if removed is not None:
                gone.update(request.name for request in removed.packages)
            elif isinstance(action.fact, PackageInstall):
                names = {request.name for request in action.fact.packages}
                found |= names if action.fact.virtual in gone else names & gone
    return frozenset(found)
