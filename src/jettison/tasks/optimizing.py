"""Builds before and after, runs both, compares, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from threading import Event

from jettison.contents.measurement import ImageMeasurement
from jettison.ecosystems.uv import UV
from jettison.engines import ImageID
from jettison.engines.measuring import measure
from jettison.errors import BuildError
from jettison.plan import Plan
from jettison.plan.system_removal import is_apart
from jettison.processes.concurrent import beside
from jettison.progress import step
from jettison.report.result_text import Ablation, Result
from jettison.rules import RULES
from jettison.rules.rule import WATCHED, applied_rules, optimized
from jettison.tasks.loading import project_request
from jettison.tasks.observing import (
    ROUNDS,
    AnotherBuild,
    Before,
    buildable,
    looked_at,
    planned_again,
    read_made,
    watched,
    without,
)
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
    ONCE,
    as_different,
    by_chance,
    every_one,
    explained,
    folded,
    replanned,
    shown,
    to_blame,
    too_large,
)
from jettison.values import Basis, Size, Skipped, replace
from jettison.verify import START, CheckResult
from jettison.verify.checks.behaviour import tests_show_nothing
from jettison.verify.checks.contents import resolved_at_another_time, resolved_differently
from jettison.verify.checks.files import FILES
from jettison.verify.differential import compare
from jettison.verify.planned_request import suite_of


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


def _compared(shop: Workshop, start: Plan, plan: Plan) -> tuple[Plan, Result]:
    """Give the plan before any rule, with what was learned on the way, and what comes of it."""
    image = built(shop, start.original, shop.root, "before")
    if plan.withdrawn != start.withdrawn:
        plan = folded(start)
    with beside() as pool:
        read = Event()
        if is_apart(plan):
            read.set()
        measured = pool.submit(_measured, shop, image, "before", read)
        again = AnotherBuild(shop, start.original)
        before = Before(id=image, made=image, measured=measured, beside=pool, again=again)
        look = watched if plan.level >= WATCHED else looked_at
        try:
            seen, before = look(shop, start, plan, before)
        finally:
            # an image that is read need not be read once more to be measured
            read.set()
        return _best(shop, start, seen, before)


def _best(shop: Workshop, start: Plan, seen: Plan, before: Before) -> tuple[Plan, Result]:
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
            named = "; ".join(map(_in_short, different))
            reason = f"the image behaved differently without the files that it removed: {named}"
        except BuildError as failed:
            if known is None:
                raise
            reason = f"without the removed files it could not be built: {failed.why or failed.what}"
        skip = Skipped(what="the trace" if known.traced else "what is in the image", reason=reason)
        # a rule that was found to make a difference would make it again
        withdrawn = found[0].withdrawn if found else seen.withdrawn
        start = replace(start, withdrawn=withdrawn, learned=(*seen.learned, skip))
        seen = read_made(shop, start, before) if known.traced else start
        if found and replanned(seen).files == found[1].plan.files:
            return found
        shop.progress.begin(f"Withdrawing {skip.what}")
        shop.progress.finish(skip.reason)


def _settled_as_built(shop: Workshop, seen: Plan, before: Before) -> tuple[Plan, Result]:
    """Compare, without the rules that cannot be built."""
    try:
        return _settled(shop, seen, _result(shop, replanned(seen), before), before)
    except BuildError:
        seen, plan, _ = buildable(shop, seen, replanned(seen))
        return _settled(shop, seen, _result(shop, plan, before), before)


def _explicable(shop: Workshop, result: Result) -> bool:
    """Whether the images differ by what the rules did, as far as is known."""
    verdict = result.verdict
    by_versions = any(map(resolved_differently, verdict.differences)) and not shop.no_cache
    return bool(verdict.differences) and not (verdict.dead_before or by_versions)


def _in_short(check: CheckResult) -> str:
    error = f": {check.details[-1]}" if check.name == START and check.details else ""
    return f"{check.name}: {shown(check.message + error)}"


def _settled(shop: Workshop, start: Plan, result: Result, before: Before) -> tuple[Plan, Result]:
    """Leave out what made a difference or made the image larger, and compare again."""

    def alike(plan: Plan) -> bool:
        number = shop.comparisons.tries + 1
        with step(shop.progress, f"find the rule that makes a difference, comparison {number}"):
            return _result(shop, plan, before).verdict.equivalent

    fold = partial(_folded_again, shop, before)
    innocent = frozenset[tuple[str, str]]()
    for _ in range(ROUNDS):
        verdict = result.verdict
        different = bool(verdict.differences) and not verdict.dead_before
        over = different and shop.comparisons.over
        told = explained(result.plan, verdict) if different and not over else ()
        fresh = tuple(one for one in told if (one.rule, one.part) not in innocent)
        by_uv = tuple(one for one in fresh if one.part == UV.name)
        cached = any(map(resolved_at_another_time, verdict.differences))
        by_versions = any(map(resolved_differently, verdict.differences)) and not by_uv
        if (cached or by_versions) and not shop.no_cache:
            break
        # other versions may be what else differs comes from
        fresh = by_uv or fresh or too_large(result)
        names = ", ".join(check.name for check in verdict.differences)
        if over:
            fresh = every_one(result.plan, f"images differ: {names}", shop.comparisons)
        if different and not fresh and applied_rules(result.plan):
            if innocently := _without_rules(shop, start, result, before):
                start, result = innocently
                continue
            reason = f"without it the images are alike: {names}"
            fresh = to_blame(start, result.plan, alike, reason, search=shop.comparisons, fold=fold)
        if not fresh:
            break
        fewer, plan = planned_again(shop, without(shop, start, fresh), before)
        found = _result(shop, plan, before)
        if told and as_different(verdict, found.verdict):
            # it was none of these
            innocent |= {(one.rule, one.part) for one in fresh}
            continue
        if over and found.verdict.differences:
            break
        start, result = fewer, found
    return start, result


def _folded_again(shop: Workshop, before: Before, start: Plan) -> Plan:
    return planned_again(shop, start, before)[1]


def _without_rules(
    shop: Workshop, start: Plan, result: Result, before: Before
) -> tuple[Plan, Result] | None:
    """Explain differences by chance, or by what two builds of the baseline differ in as well."""
    verdict, plan = result.verdict, result.plan
    names = ", ".join(check.name for check in verdict.differences)
    example = next((f" ({shown(one)})" for each in verdict.differences for one in each.details), "")

    def again() -> Result:
        with step(shop.progress, f"Comparing once more, because of {names}{example}"):
            return _result(shop, plan, before)

    # what runs differ in changes no file of an image
    repeated = None if names == FILES else by_chance(again, shop.comparisons)
    if repeated:
        skip = Skipped(what=names, reason=f"{ONCE}: {shown(verdict.differences[0].message)}")
        learned = (*start.learned, skip)
        result = replace(repeated, plan=replace(repeated.plan, learned=learned))
        return replace(start, learned=learned), result
    if shop.comparisons.over or any(check.name == START for check in verdict.differences):
        # the baseline was started often enough
        return None
    request = project_request(shop.root, plan, before.id, before.id, None)
    excused = before.again.excused(verdict, request, before.ahead)
    return None if excused == verdict else (start, replace(result, verdict=excused))


def _result(shop: Workshop, plan: Plan, before: Before) -> Result:
    with shop.comparisons.trying(), staged(shop.root, plan) as folder:
        image = built(shop, plan.project, folder, "after")
        after = before.beside.submit(_measured, shop, image, "after")
        making = before.beside.submit(development_image, shop, plan, folder)
        measured = before.beside.submit(_measured_development, shop, making)
        # Without tests nothing waits for it.
        plan, tested = making.result() if suite_of(plan, "") else (plan, None)
        request = project_request(shop.root, plan, before.id, image, tested)
        verdict = compare(request, shop.engine, shop.progress, before.ahead)
        plan, _ = making.result()
    if tested and (why := tests_show_nothing(verdict.checks)):
        # nor will they with another candidate
        note_abandoned(shop, plan, why)
    return Result(
        plan=plan,
        engine=shop.engine.name,
        before=before.measured.result(),
        after=after.result(),
        development=measured.result(),
        verdict=before.again.known(verdict),
    )


def _measured_development(
    shop: Workshop, making: Future[tuple[Plan, ImageID | None]]
) -> ImageMeasurement | None:
    _, image = making.result()
    if image is None or shop.engine.inspect(image).size > MOST_MEASURED:
        return None
    return _measured(shop, image, "development")


def _measured(
    shop: Workshop, image: ImageID, name: str, after: Event | None = None
) -> ImageMeasurement:
    if after:
        after.wait()
    with step(shop.progress, f"measure {name}"):
        return measure(image, shop.engine)


def _ablations(shop: Workshop, start: Plan, result: Result) -> Iterator[Ablation]:
    """Build once more for each rule that changed something, without that rule."""
    plan, after = result.plan, result.after
    for rule in dict.fromkeys(finding.rule for finding in plan.findings if finding.applied):
        without = optimized(start, RULES, without=frozenset({rule}))
        try:
            with staged(shop.root, without) as folder:
                image = built(shop, without.project, folder, f"without-{rule}")
        except BuildError:
            yield Ablation(rule=rule, saving=None)
            continue
        difference = shop.engine.inspect(image).size - after.size.bytes
        source = "built with and without the rule"
        saving = Size(bytes=difference, basis=Basis.MEASURED, source=source)
        yield Ablation(rule=rule, saving=saving)
