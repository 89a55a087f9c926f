"""Builds before and after, runs both, compares, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct

from jettison.contents.found import as_observed
from jettison.contents.measurement import ImageMeasurement
from jettison.engines.engine import ImageID
from jettison.engines.measuring import measure, read_image_files
from jettison.errors import BuildError
from jettison.lift.stages import NotApart
from jettison.plan.plan import Plan, Withdrawal
from jettison.plan.system_removal import place_of_removal, with_observed
from jettison.processes.concurrent import beside
from jettison.progress import step
from jettison.report.result_text import Ablation, Result
from jettison.rules import RULES
from jettison.rules.rule import applied_rules, optimized
from jettison.tasks.loading import project_request
from jettison.tasks.remembered import remember
from jettison.tasks.staging import (
    MOST_MEASURED,
    Workshop,
    built,
    development_image,
    note_abandoned,
    staged,
)
from jettison.tasks.withdrawing import (
    as_different,
    explained,
    first_to_fail,
    replanned,
    shown,
    to_blame,
    too_large,
)
from jettison.values import Basis, Saving, Skipped, replace
from jettison.verify.before import Prefetched, prefetch
from jettison.verify.checks.behaviour import tests_show_nothing
from jettison.verify.checks.contents import resolved_differently
from jettison.verify.differential import compare
from jettison.verify.request import VerificationRequest
from jettison.verify.tracing import observed

# The level from which on the image is watched.
TRACED = 3
# How often what made a difference is omitted, and the rest is compared once more.
ROUNDS = 4


def optimize(shop: Workshop, start: Plan, plan: Plan, *, ablation: bool) -> Result:
    """Build, measure, run and compare the image before and the image after.

    ``start`` is the plan without any rule applied. From level 3 on the image is built once more, to
    be watched: what it does not touch and cannot reach leaves too, unless answers differ then.
    Where the engine's cache holds older versions in one of the images than were resolved for the
    other, both are rebuilt. Raises BuildError and EngineError.
    """
    start, result = _compared(shop, start, plan)
    if any(map(resolved_differently, result.verdict.differences)):
        with step(shop.progress, "Rebuilding both, because one was cached with other versions"):
            start, result = _compared(replace(shop, no_cache=True), start, plan)
    remember(result)
    ablations = tuple(_ablations(shop, start, result)) if ablation else ()
    return replace(result, ablations=ablations)


class _Before(Struct, frozen=True, kw_only=True):
    """The image before: being measured, and being looked at while the image after is made.

    ``made`` is the image that was watched.
    """

    id: ImageID
    made: ImageID
    measured: Future[ImageMeasurement]
    beside: ThreadPoolExecutor
    ahead: Future[Prefetched] | None = None


def _compared(shop: Workshop, start: Plan, plan: Plan) -> tuple[Plan, Result]:
    """Give the plan before any rule, with what was learned on the way, and what comes of it."""
    image = built(shop, start.original, shop.root, "before")
    with beside() as pool:
        measured = pool.submit(_measured, shop, image, "before")
        before = _Before(id=image, made=image, measured=measured, beside=pool)
        look = _watched if plan.level >= TRACED else _looked_at
        seen, before = look(shop, start, plan, before)
        return _best(shop, start, seen, before)


def _best(shop: Workshop, start: Plan, seen: Plan, before: _Before) -> tuple[Plan, Result]:
    """Compare with what was seen of the image, or with less of it where that cannot be kept.

    First single rules are omitted; then what the trace alone lets leave; then what was read.
    """
    while True:
        known, found = seen.observed, None
        try:
            found = _settled_as_built(shop, seen, before)
            if known is None or not _explicable(shop, found[1]):
                return found
            different = found[1].verdict.differences
            named = "; ".join(f"{check.name}: {shown(check.message)}" for check in different)
            reason = f"the image behaved differently without the files that it removed: {named}"
        except BuildError as failed:
            if known is None:
                raise
            reason = f"without the removed files it could not be built: {failed.why or failed.what}"
        skip = Skipped(what="the trace" if known.traced else "what is in the image", reason=reason)
        start = replace(start, withdrawn=seen.withdrawn, learned=(*seen.learned, skip))
        seen = _read(shop, start, before) if known.traced else start
        if found and replanned(seen).files == found[1].plan.files:
            return found
        shop.progress.begin(f"Withdrawing {skip.what}")
        shop.progress.finish(skip.reason)


def _settled_as_built(shop: Workshop, seen: Plan, before: _Before) -> tuple[Plan, Result]:
    """Compare, without the rules that cannot be built."""
    try:
        return _settled(shop, seen, _result(shop, replanned(seen), before), before)
    except BuildError:
        seen, plan, _ = _buildable(shop, seen, replanned(seen))
        return _settled(shop, seen, _result(shop, plan, before), before)


def _explicable(shop: Workshop, result: Result) -> bool:
    """Whether the images differ by what the rules did, as far as can be told."""
    verdict = result.verdict
    by_versions = any(map(resolved_differently, verdict.differences)) and not shop.no_cache
    return bool(verdict.differences) and not (verdict.dead_before or by_versions)


def _looked_at(shop: Workshop, start: Plan, plan: Plan, before: _Before) -> tuple[Plan, _Before]:
    """Give the plan before any rule, with what is in the image that the rules make."""
    request = project_request(shop.root, plan, before.id, before.id, None)
    before = replace(before, ahead=_ahead(shop, request, before))
    if _is_apart(plan):
        start, plan, image = _buildable(shop, start, plan)
        before = replace(before, made=image)
    return _read(shop, start, before), before


def _ahead(shop: Workshop, request: VerificationRequest, before: _Before) -> Future[Prefetched]:
    pool = before.beside
    return pool.submit(prefetch, request, shop.engine, shop.progress, pool)


def _buildable(shop: Workshop, start: Plan, plan: Plan) -> tuple[Plan, Plan, ImageID]:
    """Build what the plan makes; give both plans without the rules that cannot be built."""

    def image(plan: Plan) -> ImageID:
        with staged(shop.root, plan) as folder:
            return built(shop, plan.project, folder, "candidate")

    def builds(plan: Plan) -> bool:
        try:
            return bool(image(plan))
        except BuildError:
            return False

    for _ in range(ROUNDS):
        try:
            return start, plan, image(plan)
        except BuildError as failed:
            if not applied_rules(plan):
                raise
            last = (failed.why.strip().splitlines() or [failed.what])[-1]
            reason = f"the image cannot be built with it: {last}"
            start = _without(shop, start, (first_to_fail(start, plan, builds, reason),))
        plan = replanned(start)
    return start, plan, image(plan)


def _without(shop: Workshop, start: Plan, fresh: tuple[Withdrawal, ...]) -> Plan:
    """Leave out what is withdrawn, and tell so."""
    for one in fresh:
        shop.progress.begin(f"Withdrawing {one.rule}{' for ' * bool(one.part)}{one.part}")
        shop.progress.finish(one.reason)
    return replace(start, withdrawn=(*start.withdrawn, *fresh))


def _read(shop: Workshop, start: Plan, before: _Before) -> Plan:
    """Give the plan before any rule, with what is in an image.

    Where no stage makes the environment apart, that is the baseline: what the rules remove, they
    remove behind its last step. Elsewhere it is the image that the rules make.
    """
    with step(shop.progress, "Reading what is in the image"):
        found = as_observed(read_image_files(shop.engine, before.made))
        return with_observed(start, found, apart=before.made != before.id)


def _is_apart(plan: Plan) -> bool:
    return not isinstance(place_of_removal(plan.project, plan.stage), NotApart)


def _settled(shop: Workshop, start: Plan, result: Result, before: _Before) -> tuple[Plan, Result]:
    """Leave out what made a difference or made the image larger, and compare again."""

    def alike(plan: Plan) -> bool:
        with step(shop.progress, "find the rule that makes a difference"):
            return _result(shop, plan, before).verdict.equivalent

    searched, innocent = False, frozenset[tuple[str, str]]()
    for _ in range(ROUNDS):
        verdict = result.verdict
        different = bool(verdict.differences) and not verdict.dead_before
        if any(map(resolved_differently, verdict.differences)) and not shop.no_cache:
            break
        told = explained(result.plan, verdict) if different else ()
        fresh = tuple(one for one in told if (one.rule, one.part) not in innocent)
        fresh = fresh or too_large(result)
        if different and not fresh and not searched and applied_rules(result.plan):
            names = ", ".join(check.name for check in verdict.differences)
            if repeated := _by_chance(shop, result.plan, before, names):
                reason = f"{_ONCE}: {shown(verdict.differences[0].message)}"
                skip = Skipped(what=names, reason=reason)
                learned = (*start.learned, skip)
                result = replace(repeated, plan=replace(repeated.plan, learned=learned))
                return replace(start, learned=learned), result
            reason = f"without it the images are alike: {names}"
            searched, fresh = True, to_blame(start, result.plan, alike, reason)
        if not fresh:
            break
        without = _without(shop, start, fresh)
        found = _result(shop, replanned(without), before)
        if told and as_different(verdict, found.verdict):
            # it was none of these
            innocent |= {(one.rule, one.part) for one in fresh}
            continue
        start, result = without, found
    return start, result


# As many further comparisons have to find nothing before a difference counts as chance.
_REPEATS = 2
_ONCE = f"differed in one of {1 + _REPEATS} comparisons of the same images"


def _by_chance(shop: Workshop, plan: Plan, before: _Before, names: str) -> Result | None:
    """Give the last of some further comparisons where none of them finds a difference."""
    result = None
    for _ in range(_REPEATS):
        with step(shop.progress, f"Comparing once more, because of {names}"):
            result = _result(shop, plan, before)
        if not result.verdict.equivalent:
            return None
    return result


def _result(shop: Workshop, plan: Plan, before: _Before) -> Result:
    with staged(shop.root, plan) as folder:
        image = built(shop, plan.project, folder, "after")
        after = before.beside.submit(_measured, shop, image, "after")
        plan, development = development_image(shop, plan, folder)
        measured = None
        if development and shop.engine.inspect(development).size <= MOST_MEASURED:
            measured = before.beside.submit(_measured, shop, development, "development")
        request = project_request(shop.root, plan, before.id, image, development)
        ahead = before.ahead.result if before.ahead else None
        verdict = compare(request, shop.engine, shop.progress, ahead)
    if development and (why := tests_show_nothing(verdict.checks)):
        # nor will they with another candidate
        note_abandoned(shop, plan, why)
    return Result(
        plan=plan,
        engine=shop.engine.name,
        before=before.measured.result(),
        after=after.result(),
        development=measured.result() if measured else None,
        verdict=verdict,
    )


def _watched(shop: Workshop, start: Plan, plan: Plan, before: _Before) -> tuple[Plan, _Before]:
    """Give the plan before any rule, with what was seen of the image that the rules make.

    The image before is looked at meanwhile: what it answers does not depend on that.
    """
    image = before.id
    if _is_apart(plan):
        start, plan, image = _buildable(shop, start, plan)
    with staged(shop.root, plan) as folder:
        plan, development = development_image(shop, plan, folder)
        request = project_request(shop.root, plan, before.id, image, development)
        ahead = _ahead(shop, request, before)
        seen = observed(plan, request, shop.engine, shop.progress)
    before = replace(before, ahead=ahead, made=image)
    if isinstance(seen, Skipped):
        return _read(shop, replace(start, learned=(*start.learned, seen)), before), before
    return with_observed(start, seen, apart=image != before.id), before


def _measured(shop: Workshop, image: ImageID, name: str) -> ImageMeasurement:
    with step(shop.progress, f"measure {name}"):
        return measure(image, shop.engine)


def _ablations(shop: Workshop, start: Plan, result: Result) -> Iterator[Ablation]:
    """Build once more for each rule that changed something, without that rule."""
    plan, after = result.plan, result.after
    for rule in dict.fromkeys(finding.rule for finding in plan.findings if finding.changes):
        without = optimized(start, RULES, without=frozenset({rule}))
        try:
            with staged(shop.root, without) as folder:
                image = built(shop, without.project, folder, f"without-{rule}")
        except BuildError:
            yield Ablation(rule=rule, saving=None)
            continue
        difference = shop.engine.inspect(image).size - after.size.bytes
        source = "built with and without the rule"
        saving = Saving(bytes=difference, basis=Basis.MEASURED, source=source)
        yield Ablation(rule=rule, saving=saving)
