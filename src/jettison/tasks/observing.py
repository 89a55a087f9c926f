"""The image before: looked at while the image after is made, built again where that explains."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from msgspec import Struct, field

from jettison.contents.found import as_observed
from jettison.contents.measurement import ImageMeasurement
from jettison.contents.reach import Observed
from jettison.engines import ImageID
from jettison.engines.measuring import read_image_files
from jettison.errors import BuildError
from jettison.lift import Project
from jettison.plan import Plan, Withdrawal
from jettison.plan.brought_by_base import importer_of_setuptools, with_observed
from jettison.plan.system_removal import is_apart
from jettison.progress import step
from jettison.rules.rule import applied_rules
from jettison.tasks.loading import project_request
from jettison.tasks.staging import Workshop, built, development_image, staged
from jettison.tasks.withdrawing import first_to_fail, folded, replanned
from jettison.values import Evidence, Skipped, replace
from jettison.verify import CheckResult, Outcome, Verdict
from jettison.verify.batch import owners_of
from jettison.verify.before import Prefetched, prefetch
from jettison.verify.checks.changed import ANOTHER, BESIDES
from jettison.verify.differential import compare
from jettison.verify.planned_request import suite_of
from jettison.verify.request import VerificationRequest
from jettison.verify.tracing import observed

# How often what made a difference is omitted, and the rest is compared once more.
ROUNDS = 4
# What two builds write differently: times, counters, digests, random names, as in `c873fceb_.py`.
_WRITTEN = re.compile(r"(?<![^\W_])[0-9a-f]*\d[0-9a-f]*(?![^\W_])|\d+", re.I)
_QUOTED = re.compile(r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")$""")
_WORDS = re.compile(r"([A-Za-z0-9]+)")
_VARIES = " characters vary"
# A long line is shown from a little before where two part, which is not always the same place in a
# number: what follows the last number tells enough of it.
_CUT = re.compile(r"""(["'])…(?:(?!\1).)*(#(?:(?!\1|#).)*)\1""")


class AnotherBuild:
    """Builds the baseline once more, without the engine's cache, where that may explain something.

    Only a difference that two builds of the baseline show in the same words, but for numbers and
    digests, is excused.
    """

    def __init__(self, shop: Workshop, project: Project) -> None:
        self._shop, self._project = shop, project
        self._differs: frozenset[tuple[str, str]] | None = None

    def excused(
        self,
        verdict: Verdict,
        request: VerificationRequest,
        ahead: Future[Prefetched] | None,
    ) -> Verdict:
        """Give a verdict in which what two builds of the baseline differ in is the same.

        ``request`` is how images are compared, with what was seen of the baseline ``ahead``. A
        baseline that cannot be built again excuses nothing. Raises EngineError.
        """
        if self._differs is None:
            self._differs = frozenset(self._differing(request, ahead))
        return self.known(verdict)

    def _differing(
        self, request: VerificationRequest, ahead: Future[Prefetched] | None
    ) -> Iterator[tuple[str, str]]:
        again, progress = replace(self._shop, no_cache=True), self._shop.progress
        with step(progress, "Rebuilding the baseline, as builds may differ by themselves"):
            try:
                image = built(again, self._project, self._shop.root, "before-again")
            except BuildError:
                return
            beside = replace(request, image_after=image)
            with self._shop.comparisons.trying():
                verdict = compare(beside, self._shop.engine, progress, ahead)
        for check in verdict.differences:
            yield from ((check.name, place) for place in _places(check))

    def known(self, verdict: Verdict) -> Verdict:
        """Excuse what is known to differ already; nothing is built for it."""
        known = self._differs
        if not known:
            return verdict

        def judged(check: CheckResult) -> CheckResult:
            if check.outcome is not Outcome.DIFFERENT:
                return check
            if not all((check.name, place) in known for place in _places(check)):
                return check
            message = f"two builds of the baseline differ in the same way: {check.message}"
            return replace(check, outcome=Outcome.SAME, message=message)

        return replace(verdict, checks=tuple(map(judged, verdict.checks)))


def _places(check: CheckResult) -> Iterator[str]:
    for line in check.details or (check.message,):
        # what became of what may be another thing in each build
        place = _parted(line.partition(BESIDES)[0].partition(f"{ANOTHER}:")[0])
        yield _CUT.sub(r"\1…\2\1", _WRITTEN.sub("#", place))


def _parted(place: str) -> str:
    """Give a line with the one word in which what was and what became of it part, by its length.

    What a build draws by chance, such as the salt of a password, is another word of that length.
    """
    first, became, second = place.rpartition(" became ")
    quoted = _QUOTED.search(first)
    if not became or quoted is None:
        return place
    one, other = (_WORDS.split(text) for text in (quoted[0], second))
    apart = [at for at, (had, has) in enumerate(zip(one, other, strict=False)) if had != has]
    if len(one) != len(other) or len(apart) != 1:
        return place
    word, another = one[apart[0]], other[apart[0]]
    if len(word) != len(another) or not (word.isalnum() and another.isalnum()):
        return place
    one[apart[0]] = f"{len(word)}{_VARIES}"
    return f"{first[: quoted.start()]}{''.join(one)}"


class Before(Struct, frozen=True, kw_only=True):
    """The image before: being measured, and being looked at while the image after is made.

    ``made`` is the image that is read, ``made_by`` the plan whose rules made it, if any did, and
    ``read`` what was found in images by their ids; ``again`` builds the image before once more
    where that may explain a difference.
    """

    id: ImageID
    made: ImageID
    measured: Future[ImageMeasurement]
    beside: ThreadPoolExecutor
    again: AnotherBuild
    ahead: Future[Prefetched] | None = None
    made_by: Plan | None = None
    read: dict[ImageID, Observed] = field(default_factory=dict)


def looked_at(shop: Workshop, start: Plan, plan: Plan, before: Before) -> tuple[Plan, Before]:
    """Give the plan before any rule, with what is in the image that the rules make."""
    request = project_request(shop.root, plan, before.id, before.id, None)
    before = replace(before, ahead=_ahead(shop, request, before))
    start, _, before = _made(shop, start, plan, before)
    start = read_made(shop, start, before)
    if more := _with_what_it_lacks(shop, start, before):
        start, _, before = _made(shop, more, folded(more), before)
        start = read_made(shop, start, before)
    return start, before


def _with_what_it_lacks(shop: Workshop, start: Plan, before: Before) -> Plan | None:
    """Give the plan before any rule with what the environment made apart turns out to lack.

    None where it lacks nothing that is not known already.
    """
    known = start.observed
    if known is None or before.made == before.id:
        return None
    linked = _linked_in_vain(shop, start, known, before)
    importer = None if start.imports_setuptools else importer_of_setuptools(known.installed)
    if not linked and importer is None:
        return None
    return replace(
        start,
        observed=None,
        linked={**start.linked, **linked},
        imports_setuptools=importer or start.imports_setuptools,
    )


def _linked_in_vain(
    shop: Workshop, start: Plan, known: Observed, before: Before
) -> dict[str, Evidence]:
    """Give the packages of libraries that only the baseline has.

    What a distribution that is built from source is linked to shows in the files that were built.
    """
    if known.system is None:
        return {}
    environment = known.installed.site.partition("/lib/python")[0]
    missing = known.system.unresolved(environment) if environment else {}
    if not missing:
        return {}
    with step(shop.progress, "Looking for libraries in the baseline"):
        owners = owners_of(shop.engine, before.id, tuple(missing))
    return {
        package: Evidence.of("library", f"{name}: {missing[name]} is linked to it")
        for name, package in owners.items()
        if name in missing and package not in start.linked
    }


def _made(shop: Workshop, start: Plan, plan: Plan, before: Before) -> tuple[Plan, Plan, Before]:
    """Make the image that is read, where it is not the baseline: one whose environment is apart."""
    if not is_apart(plan):
        return start, plan, before
    start, plan, image = buildable(shop, start, plan, folded)
    made_by = plan if image != before.id else None
    return start, plan, replace(before, made=image, made_by=made_by)


def _ahead(shop: Workshop, request: VerificationRequest, before: Before) -> Future[Prefetched]:
    pool = before.beside
    return pool.submit(prefetch, request, shop.engine, shop.progress, pool)


def watched(shop: Workshop, start: Plan, plan: Plan, before: Before) -> tuple[Plan, Before]:
    """Give the plan before any rule, with what was seen of the image that the rules make.

    The image before is looked at meanwhile: what it answers does not depend on that.
    """
    start, plan, before = _made(shop, start, plan, before)
    with staged(shop.root, plan) as folder:
        tested = suite_of(plan, "") is not None
        plan, development = development_image(shop, plan, folder) if tested else (plan, None)
        request = project_request(shop.root, plan, before.id, before.made, development)
        before = replace(before, ahead=_ahead(shop, request, before))
        seen = observed(plan, request, shop.engine, shop.progress)
    if isinstance(seen, Skipped):
        found = read_made(shop, replace(start, learned=(*start.learned, seen)), before)
    else:
        found = with_observed(start, seen, before.made_by)
    if more := _with_what_it_lacks(shop, found, before):
        more = replace(more, learned=start.learned)
        return watched(shop, more, folded(more), before)
    return found, before


def buildable(
    shop: Workshop, start: Plan, plan: Plan, fold: Callable[[Plan], Plan] = replanned
) -> tuple[Plan, Plan, ImageID]:
    """Build what the plan makes; give both plans without the rules that cannot be built.

    ``fold`` applies the rules.
    """

    def image(plan: Plan) -> ImageID:
        with shop.builds.trying(), staged(shop.root, plan) as folder:
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
            blamed = first_to_fail(start, plan, builds, reason, search=shop.builds, fold=fold)
            start = without(shop, start, blamed)
        plan = fold(start)
    return start, plan, image(plan)


def without(shop: Workshop, start: Plan, fresh: tuple[Withdrawal, ...]) -> Plan:
    """Leave out what is withdrawn, and tell so."""
    for one in fresh:
        shop.progress.begin(f"Withdrawing {one.rule}{' for ' * bool(one.part)}{one.part}")
        shop.progress.finish(one.reason)
    return replace(start, withdrawn=(*start.withdrawn, *fresh))


def read_made(shop: Workshop, start: Plan, before: Before) -> Plan:
    """Give the plan before any rule, with what is in an image.

    Where no stage makes the environment apart, that is the baseline: what the rules remove, they
    remove behind its last step. Elsewhere it is the image that the rules make.
    """
    if before.made not in before.read:
        with step(shop.progress, "Reading what is in the image"):
            before.read[before.made] = as_observed(read_image_files(shop.engine, before.made))
            _give_back()
    return with_observed(start, before.read[before.made], before.made_by)


def _give_back() -> None:
    """Give memory that reading took back to the system, where its allocator (glibc's) has a way.

    By itself it keeps what lies between small values: a fifth of all, after a large image.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def planned_again(shop: Workshop, start: Plan, before: Before) -> tuple[Plan, Plan]:
    """Give the plan before any rule, and with the rules that are left.

    Where none of them makes the environment apart any more, the baseline is read: what was read of
    an image tells nothing of one that is made in another way.
    """
    plan = replanned(start)
    if before.made_by is None or start.observed is None or is_apart(plan):
        return start, plan
    start = read_made(shop, start, replace(before, made=before.id, made_by=None))
    return start, replanned(start)
