"""From a folder to a plan."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from jettison.candidates.choose import base_choice
from jettison.facts import Project
from jettison.lift.package_scope import PlannedPackage
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.stage import lifted
from jettison.loading.base import base_needs
from jettison.loading.composition import with_composition
from jettison.loading.knowledge import Knowledge, knowledge_of
from jettison.loading.project import Loaded, load_project
from jettison.plan.finding import Finding
from jettison.plan.places import led_back
from jettison.plan.plan import Plan
from jettison.planning import not_larger, optimized
from jettison.project.settings import find_settings
from jettison.removal.contents import contents_of
from jettison.removal.wishes import wishes_of
from jettison.rules import RULES
from jettison.settings import BaseWish, Settings, Wish
from jettison.stores.cache import cache_directory
from jettison.verify.imported import Reachable

DEFAULT_LEVEL = 2
# From this level on a trace takes out more than is known yet.
TRACED = 3


class Planned(Struct, frozen=True, kw_only=True):
    """A folder, the plan before any rule, the plan after all of them, and what is imported."""

    loaded: Loaded
    start: Plan
    plan: Plan
    reachable: Reachable

    def for_builder(self) -> Planned:
        """The same for the embedded builder, which composes a base itself and runs no steps."""
        if self.start.composition is None and not self.start.debug:
            return self
        start = replace(self.start, composition=None, debug=False)
        plan = optimized(start, RULES, without=start.settings.without)
        return replace(self, start=start, plan=plan)


def planned(
    directory: Path,
    *,
    dockerfile: str | None = None,
    service: str | None = None,
    level: int | None = None,
    offline: bool = False,
    base: BaseWish | None = None,
    remove_unused: bool = False,
    cache: Path | None = None,
    today: date | None = None,
    wishes: tuple[Wish, ...] = (),
) -> Planned:
    """Read a folder and plan.

    ``level``, ``base`` and ``remove_unused`` come before those of the project's settings.
    ``cache`` is the folder of Jettison's caches, by default the user's; with ``offline`` no package
    index is asked. ``today`` is the day on which support may have ended, and ``wishes`` come after
    those of the settings. Raises the errors of :func:`load_project`, and UnsupportedError for a
    base that does not work.
    """
    loaded = load_project(directory, dockerfile=dockerfile, service=service)
    settings = settings_of(loaded.project)
    settings = replace(
        settings,
        remove_unused=settings.remove_unused or remove_unused,
        wishes=(*settings.wishes, *wishes),
        missing=frozenset(one for one in settings.probes if not (loaded.root / one).is_file()),
    )
    folder = cache or cache_directory()
    knowledge = knowledge_of(loaded, cache=folder, offline=offline, settings=settings)
    chosen = level if level is not None else settings.level
    wish = _wish(base, settings.base)
    start = _start(loaded, knowledge, DEFAULT_LEVEL if chosen is None else chosen, wish)
    meant = wishes_of(settings.wishes, start.contents)
    start = replace(start, settings=settings, wishes=meant)
    start = replace(start, today=today or _today())
    plan = optimized(start, RULES, without=settings.without)
    settled = _settled(start, plan, knowledge, wish)
    if settled.base.chosen != start.base.chosen:
        plan = optimized(settled, RULES, without=settings.without)
    plan = replace(plan, base=settled.base)
    composed = with_composition(settled, plan, cache=folder, offline=offline)
    if composed.composition is not None or wish.debug:
        settled = replace(composed, debug=wish.debug)
        plan = optimized(settled, RULES, without=settings.without)
    if start.level < TRACED:
        plan = not_larger(settled, plan, RULES)
    return Planned(loaded=loaded, start=settled, plan=plan, reachable=knowledge.reachable)


def _wish(given: BaseWish | None, set_in_file: BaseWish | None) -> BaseWish:
    """What is asked of the base; a bare ``--debug`` leaves the rest to the project's settings."""
    if given == BaseWish(debug=True) and set_in_file is not None:
        return replace(set_in_file, debug=True)
    return given or set_in_file or BaseWish()


def _settled(start: Plan, plan: Plan, knowledge: Knowledge, wish: BaseWish) -> Plan:
    """The start with the base that the finished plan would choose.

    Whether another distribution is worth it is judged by what the rules leave: steps and packages
    that go are no obstacle. So the same is chosen when the result is planned again.
    """
    packages = _packages(plan.project, knowledge)
    asked = base_needs(plan.project, knowledge, packages, wish)
    last = base_choice(asked, wish, level=start.level).taken
    if wish.reference or last is None or last.facts.release in (None, plan.stage.release):
        return start
    found = Finding(rule="", message=last.verdict, evidence=last.evidence)
    last = replace(last, evidence=led_back(found, plan).evidence)
    candidates = tuple(
        last
        if item.reference == last.reference
        else replace(item, accepted=False, verdict="works; larger than the one that is taken")
        if item.accepted
        else item
        for item in start.base.candidates
    )
    base = replace(start.base, chosen=last.reference, candidates=candidates)
    return replace(start, base=base)


def _packages(project: Project, knowledge: Knowledge) -> tuple[PlannedPackage, ...]:
    needs = Needs(
        usage=knowledge.usage,
        linked=knowledge.linked,
        from_source=knowledge.from_source,
        unknown=knowledge.unknown,
    )
    return scoped_packages(lifted(project), needs)


def _start(loaded: Loaded, knowledge: Knowledge, level: int, wish: BaseWish) -> Plan:
    project = loaded.project
    packages = _packages(project, knowledge)
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
        base=base_choice(asked, wish, level=level, across=False),
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


def settings_of(project: Project) -> Settings:
    """What the project asks in files of its own, beside the Dockerfile or at its root."""
    return find_settings(project.texts, ("", project.context), {rule.name for rule in RULES})


def _today() -> date:
    """The day by which support ends; SOURCE_DATE_EPOCH sets it, to repeat a report."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    if seconds.isdigit():
        return datetime.fromtimestamp(int(seconds), UTC).date()
    return datetime.now(UTC).date()
