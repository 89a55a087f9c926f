"""From a folder to a plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jettison.lift.base import base_choice
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.stage import lifted
from jettison.loading.knowledge import Knowledge, knowledge_of
from jettison.loading.project import Loaded, load_project
from jettison.plan.plan import Plan
from jettison.planning import optimized
from jettison.rules import RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A folder, the plan before any rule, and the plan after all of them."""

    loaded: Loaded
    start: Plan
    plan: Plan


def planned(
    directory: Path,
    *,
    dockerfile: str | None = None,
    service: str | None = None,
    level: int = 2,
    offline: bool = False,
) -> Planned:
    """Read a folder and plan. Raises the errors of :func:`load_project`."""
    loaded = load_project(directory, dockerfile=dockerfile, service=service)
    knowledge = knowledge_of(loaded, offline=offline)
    start = _start(loaded, knowledge, level)
    return Planned(loaded=loaded, start=start, plan=optimized(start, RULES))


def _start(loaded: Loaded, knowledge: Knowledge, level: int) -> Plan:
    project = loaded.project
    stage = lifted(project)
    needs = Needs(
        usage=knowledge.usage,
        linked=knowledge.linked,
        from_source=knowledge.from_source,
        unknown=knowledge.unknown,
    )
    return Plan(
        original=project,
        project=project,
        level=level,
        requirements=knowledge.requirements,
        packages=scoped_packages(stage, needs),
        base=base_choice(stage, level=level, builds_apart=True),
        usage=knowledge.usage,
        linked=knowledge.linked,
        loaded=knowledge.loaded,
        leaving=knowledge.leaving,
        learned=knowledge.skipped,
    )
