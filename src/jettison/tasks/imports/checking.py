"""Tries imports with what a plan leaves, and corrects the plan when one is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from jettison.errors import ProgramError
from jettison.formats.own_settings import Ask, Override
from jettison.images.stores.cache import cache_directory
from jettison.index import DistributionFacts, ImportMap
from jettison.index.wheels import installed_distributions
from jettison.lift.declared import listed_names, shipped_names
from jettison.plan import Plan
from jettison.progress import Progress, step
from jettison.tasks.imports import (
    Copied,
    Environment,
    copied,
    environment_of,
    interpreter,
    looked_for,
    place,
    tried,
)
from jettison.tasks.imports.unmet import unmet
from jettison.tasks.loading import Planned
from jettison.values import Origin, Skipped, replace
from jettison.verify import Attempt, Importable, ImportResult, Loss, Reachable
from jettison.verify.planned_request import removed_distributions

# A plan is corrected so often at most; each time at least one requirement more stays.
ROUNDS = 10
Replanned = Callable[[tuple[Override, ...]], Planned]


class Checked(Struct, frozen=True, kw_only=True):
    """The plan, corrected where imports were missing, and what was found."""

    planned: Planned
    result: ImportResult


class _Sets(Struct, frozen=True, kw_only=True):
    """The distributions that the image has before a plan, and after it."""

    full: frozenset[str]
    runtime: frozenset[str]

    @property
    def same(self) -> bool:
        return self.full == self.runtime


def nothing_leaves(plan: Plan) -> bool:
    """Whether a plan takes no distribution out, so that no import can be missing."""
    return _sets(plan).same


def checked(
    first: Planned,
    replanned: Replanned,
    progress: Progress,
    *,
    offline: bool = False,
    entries_only: bool = False,
) -> Checked:
    """Import what production reaches with what the plan leaves; keep what turns out to be missing.

    ``replanned`` plans the same project with further overrides. With ``entries_only`` the entry
    points are imported, with all that they import; the rest of what production may reach is not.
    Raises ProgramError when no environment can be made.
    """
    session = _Session(
        progress=progress,
        offline=offline,
        entries_only=entries_only,
        cache=cache_directory(),
    )
    now = first
    losses: list[Loss] = []
    results: list[ImportResult] = []
    kept: tuple[Override, ...] = ()
    for _ in range(ROUNDS):
        with copied(now.loaded.root, now.plan.project.context, now.start.stage.folder) as copy:
            result = session.compared(now, copy)
        losses += result.losses
        # A correction may leave nothing to try: what was tried before it is reported.
        results += [result] if result.imported or not results else []
        lists = listed_names(now.plan.original)
        overrides = tuple(_overrides(result.losses, {override.text for override in kept}, lists))
        if not overrides:
            break
        kept = (*kept, *overrides)
        now = replanned(kept)
    sets = _sets(first.plan)
    found = replace(
        results[-1],
        full=tuple(sorted(sets.full)),
        runtime=tuple(sorted(sets.runtime)),
        losses=_told_once(losses),
        kept=tuple(override.text for override in kept),
    )
    return Checked(planned=now, result=found)


def _told_once(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """One loss for each module that is missing, with a place of the project where there is one."""
    first: dict[tuple[str, str], Loss] = {}
    for loss in losses:
        key = (loss.attempt.missing, loss.attempt.message)
        if key not in first or (loss.attempt.origin and not first[key].attempt.origin):
            first[key] = loss
    return tuple(first.values())


class _Session(Struct, frozen=True, kw_only=True):
    progress: Progress
    offline: bool
    entries_only: bool
    cache: Path

    def compared(self, now: Planned, copy: Copied) -> ImportResult:
        sets = _sets(now.plan)
        reachable = now.reachable
        wanted = [each for each in reachable.modules if each.entry or not self.entries_only]
        if sets.same:
            return _nothing(now, sets)
        python, version = interpreter(reachable.python)
        after = self.environment(now.plan, sets.runtime, python)
        with (
            step(self.progress, f"import {len(wanted)} modules with the runtime set"),
            place(after, copy) as where,
        ):
            apart = where.confined.why
            found = {
                **looked_for(reachable, tuple(reachable.externals), where),
                **tried(reachable, wanted, where),
            }
        hidden = tuple(unmet(now.plan, sets.full, sets.runtime, after.folder))
        suspects = {name: each for name, each in found.items() if each.lacks_import}
        failed = tuple(each for each in found.values() if each.error)
        losses: tuple[Loss, ...] = ()
        if suspects:
            before = self.environment(now.plan, sets.full, python)
            with step(self.progress, f"import {len(suspects)} modules with everything"):
                control = self.again(reachable, wanted, suspects, before, copy)
            owners = _Owners.of(now.plan, sets, before)
            lost = [
                each
                for name, each in suspects.items()
                if _is_lost(each, control.get(name)) and not owners.stays(each)
            ]
            losses = tuple(owners.loss(each) for each in lost)
            failed = tuple(each for each in failed if each not in lost)
        return ImportResult(
            python=version,
            image_python=reachable.python,
            full=tuple(sorted(sets.full)),
            runtime=tuple(sorted(sets.runtime)),
            imported=sum(not each.error for each in found.values()),
            failed=failed,
            losses=(*losses, *hidden),
            skipped=after.skipped,
            not_apart=apart,
        )

    def environment(self, plan: Plan, names: Collection[str], python: str) -> Environment:
        facts = [plan.closure.facts[name] for name in sorted(names) if name in plan.closure.facts]
        with step(self.progress, f"install {len(facts)} distributions"):
            return environment_of(facts, python, cache=self.cache, offline=self.offline)

    def again(
        self,
        reachable: Reachable,
        wanted: Iterable[Importable],
        suspects: Collection[str],
        before: Environment,
        copy: Copied,
    ) -> Mapping[str, Attempt]:
        outside = tuple(name for name in reachable.externals if name in suspects)
        inside = [each for each in wanted if each.name in suspects]
        with place(before, copy) as where:
            return {**looked_for(reachable, outside, where), **tried(reachable, inside, where)}


def _nothing(now: Planned, sets: _Sets) -> ImportResult:
    """Everything that is installed stays: no import can be missing."""
    names = tuple(sorted(sets.full))
    version = now.reachable.python
    return ImportResult(python=version, image_python=version, full=names, runtime=names, imported=0)


def _sets(plan: Plan) -> _Sets:
    full = plan.closure.graph.reached(shipped_names(plan.original))
    return _Sets(full=full, runtime=full - removed_distributions(plan))


def _is_lost(after: Attempt, before: Attempt | None) -> bool:
    """Whether an import fails in a way that it did not with everything installed."""
    if before is None:
        return False
    return not before.lacks_import or before.missing != after.missing


class _Owners(Struct, frozen=True, kw_only=True):
    """Finds the requirement that brought a module which is missing now.

    ``modules`` are those of distributions that leave, ``others`` of those that stay.
    """

    modules: ImportMap
    others: ImportMap
    plan: Plan
    gone: frozenset[str]

    @classmethod
    def of(cls, plan: Plan, sets: _Sets, before: Environment) -> _Owners:
        gone = sets.full - sets.runtime
        facts = installed_distributions(before.folder)
        owned: Iterable[DistributionFacts] = (f for name, f in facts.items() if name in gone)
        others: Iterable[DistributionFacts] = (f for name, f in facts.items() if name not in gone)
        return cls(modules=ImportMap(owned), others=ImportMap(others), plan=plan, gone=gone)

    def stays(self, attempt: Attempt) -> bool:
        """Whether a distribution that stays brings it: it could not be installed here this time."""
        missing = attempt.missing or attempt.module
        return bool(self.others.owners(missing)) and not self.modules.owners(missing)

    def loss(self, attempt: Attempt) -> Loss:
        owners = self.modules.owners(attempt.missing or attempt.module)
        distribution = next(iter(owners), "")
        if not distribution:
            return Loss(attempt=attempt)
        requirement = next(self._bringing(distribution), distribution)
        return Loss(attempt=attempt, distribution=distribution, requirement=requirement)

    def _bringing(self, distribution: str) -> Iterator[str]:
        """The requirement of that name, else those that leave and need it."""
        graph = self.plan.closure.graph
        names = [item.name for item in self.plan.requirements if item.name in self.gone]
        yield from (name for name in names if name == distribution)
        yield from (name for name in names if distribution in graph.reached((name,)))


def _overrides(
    losses: Iterable[Loss], kept: Collection[str], lists: Collection[str]
) -> Iterator[Override]:
    """What has to stay: the missing distribution itself, where a list takes a line for it."""
    seen = set(kept)
    for loss in losses:
        text = loss.distribution if loss.requirement in lists else loss.requirement
        if text and text not in seen:
            seen.add(text)
            why = f"without it `import {loss.attempt.module}` fails: {loss.attempt.message}"
            origin = loss.attempt.origin or Origin(file=loss.attempt.module)
            yield Override(ask=Ask.KEEP, text=text, origin=origin, why=why)


# More than this is not downloaded for a check that the built images repeat.
CHEAP = 400_000_000
WHAT = "imports with the runtime set"
APART = "namespaces for the imports, which could read what you can read"


def guarded(
    found: Planned, replanned: Replanned, progress: Progress, *, offline: bool = False
) -> Planned:
    """Give the plan, corrected where the application could not be imported any more.

    Nothing is tried when no distribution leaves. Where it cannot be tried, the plan says so.
    """
    if nothing_leaves(found.plan):
        return found
    if _bytes(found.plan) > CHEAP:
        return _untried(found, "what is installed is too large to be installed for it")
    try:
        tried = checked(found, replanned, progress, offline=offline, entries_only=True)
    except ProgramError as failed:
        return _untried(found, f"{failed.what}: {failed.why}".rstrip(": "))
    planned = tried.planned
    return _noted(planned, APART, why) if (why := tried.result.not_apart) else planned


def _bytes(plan: Plan) -> int:
    sizes = (each.installed_size for each in plan.closure.facts.values())
    return sum(size.bytes for size in sizes if size)


def _untried(found: Planned, reason: str) -> Planned:
    return _noted(found, WHAT, reason)


def _noted(found: Planned, what: str, reason: str) -> Planned:
    skip = Skipped(what=what, reason=reason)
    start, plan = (replace(one, learned=(*one.learned, skip)) for one in (found.start, found.plan))
    return replace(found, start=start, plan=plan)
