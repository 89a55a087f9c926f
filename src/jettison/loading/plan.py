"""From a folder to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from jettison.candidates.choose import base_choice
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.stage import lifted
from jettison.loading.base import base_needs
from jettison.loading.knowledge import Knowledge, cache_folder, knowledge_of
from jettison.loading.project import Loaded, load_project
from jettison.plan.base import BaseWish
from jettison.plan.plan import Plan
from jettison.planning import optimized
from jettison.removal.contents import contents_of
from jettison.rules import RULES

ANY_BASE = BaseWish()


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
    base: BaseWish = ANY_BASE,
    cache: Path | None = None,
    today: date | None = None,
) -> Planned:
    """Read a folder and plan.

    ``cache`` is the folder of Jettison's caches, by default the user's; with ``offline`` no package
    index is asked. ``today`` is the day on which support may have ended. Raises the errors of
    :func:`load_project`, and UnsupportedError for a base that does not work.
    """
    loaded = load_project(directory, dockerfile=dockerfile, service=service)
    knowledge = knowledge_of(loaded, cache=cache or cache_folder(), offline=offline)
    start = _start(loaded, knowledge, level, base)
    start = replace(start, today=today or datetime.now(UTC).date())
    return Planned(loaded=loaded, start=start, plan=optimized(start, RULES))


def _start(loaded: Loaded, knowledge: Knowledge, level: int, wish: BaseWish) -> Plan:
    project = loaded.project
    stage = lifted(project)
    needs = Needs(
        usage=knowledge.usage,
        linked=knowledge.linked,
        from_source=knowledge.from_source,
        unknown=knowledge.unknown,
    )
    packages = scoped_packages(stage, needs)
    installed = {
        name: facts
        for name, facts in knowledge.closure.facts.items()
        if name in knowledge.production
    }
    asked = base_needs(project, knowledge, packages, wish)
    return Plan(
        original=project,
        project=project,
        level=level,
        requirements=knowledge.requirements,
        packages=packages,
        base=base_choice(asked, wish, level=level),
        usage=knowledge.usage,
        linked=knowledge.linked,
        loaded=knowledge.loaded,
        leaving=knowledge.leaving,
        closure=knowledge.closure,
        keeps_cache=knowledge.keeps_cache,
        distributions=installed,
        contents=contents_of(installed.values()),
        learned=knowledge.skipped,
    )
