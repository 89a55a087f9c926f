"""The whole verification: both images, the same questions, one verdict."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from statistics import median

from jettison.engines import Engine, ImageFacts, Isolation
from jettison.processes.concurrent import beside, both
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify import CheckResult, Outcome, Subject, Verdict, batch, retries
from jettison.verify.alone import ask_alone
from jettison.verify.batch import run_suite, with_stored
from jettison.verify.before import Prefetched, begun_somehow, known_to_fail
from jettison.verify.checks import CHECKS, configuration
from jettison.verify.checks.changed import changed_files, installed_files, with_changes
from jettison.verify.checks.check import made_from, skipped
from jettison.verify.exchange.judging import IMPROBABLE, chance
from jettison.verify.observation import Conversation, Observation, Setting, Trial
from jettison.verify.observe import observe
from jettison.verify.readiness import TOO_LATE
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.retries import further, hasty, joined
from jettison.verify.runs import Baseline, Begun, finished, watched_on, worked
from jettison.verify.services import within_reach
from jettison.verify.time_limit import timed

Commands = Callable[[], tuple[str, ...] | None]
"""The names of commands that both images are to run."""
# How many times as long as the image before the image after may take to start.
_PATIENCE = 4.0
# What one that did not become ready in time has with a writable root, also by that image's time.
_AGAIN_SECONDS, _AGAIN_FACTOR = 15.0, 6
# How often both are started once more when figures differ.
_FURTHER_STARTS = 4
# How often an image with other code is started, more often where it is ready at once.
_FEWEST, _MOST, _TRIED_SECONDS = 4, 8, 30.0
# How often while lines of the log differ, or what is written at the end.
_RACES = 3
# What a process has in common with others where all share a network.
_SHARED = ("ports", "sockets")
# How many times so many again while the candidate alone has failed to start.
_DOUBTS = 4


def compare(
    request: VerificationRequest,
    engine: Engine,
    progress: Progress,
    ahead: Future[Prefetched] | None = None,
) -> Verdict:
    """Run both images and hold them against each other.

    What was seen ``ahead`` of the image before counts where it was asked the same; it is waited for
    while the test suite runs already. What one of the images cannot do is part of the verdict, not
    an exception. Raises EngineError when one of the images does not exist, and TimeLimitError when
    it takes longer than the limits of the engine allow.
    """
    with timed(engine) as own:
        return _compared(Trial(request=request, engine=own, progress=progress), ahead)


def _compared(trial: Trial, ahead: Future[Prefetched] | None) -> Verdict:
    request = trial.request
    with beside() as pool:
        suite = BegunSuite(trial, pool, ahead)
        seen = ahead.result() if ahead else None
        if seen is not None and seen.holds(request):
            trial = trial.asking(seen.within_reach(request))
            after = observe_after(trial, seen.first, suite)
            baseline = seen.whole.result()
        else:
            trial, baseline, after = _observed(within_reach(trial), suite)
    request, before, talk = trial.request, baseline.observation, baseline.conversation
    if talk.ends:
        before, after = batch.stopped_both(trial, *batch.ended_again(trial, talk, before, after))
    else:
        before, after = _run_again(trial, talk, before, after)
    if request.suite and after.suite and after.suite.status:
        before = _tested_with_all(trial, request.suite, before)
    before, after = _with_texts(trial, before, after)
    return verdict(request, trial.engine, before, after)


def _run_again(
    trial: Trial, talk: Conversation, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Run servers once more where they differ, until that is decided."""
    if not after.failure and retries.hindered(trial.request, before, after):
        with trial.step("Running both with a writable root, because they may need it"):
            before, after = retries.with_writable_root(trial, talk, before, after)
    if before.failure or after.failure:
        return before, after
    before = watched_on(trial.before(), before, after)
    if before.exchanges:
        before, after = retries.decided(trial, talk, before, after)
    return _started(trial, before, after)


class BegunSuite:
    """The test suite with the image after, begun before all is known of the image before."""

    def __init__(
        self, trial: Trial, pool: ThreadPoolExecutor, ahead: Future[Prefetched] | None
    ) -> None:
        self._asked = trial.request
        self._found = None if known_to_fail(ahead) else pool.submit(_tested, trial)

    def outcome(self, trial: Trial) -> Observation:
        """Give what came of it; it is run again where images are now run in another way."""
        if self._found is None:
            return Observation(facts=trial.engine.inspect(trial.request.image_after))
        found = self._found.result()
        alike = batch.suite_runs_alike(self._asked, trial.request)
        return found if alike else _tested(trial)


def _observed(trial: Trial, suite: BegunSuite) -> tuple[Trial, Baseline, Observation]:
    """Ask the image after as soon as it is known what, while the image before is run again."""
    with beside() as pool:
        trial, first = begun_somehow(trial, pool)
        whole = pool.submit(finished, first, trial)
        after = observe_after(trial, first, suite)
        return trial, whole.result(), after


def _started(
    trial: Trial, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Start both, in turn where something differs that a busy machine may explain."""
    request, start = trial.request, partial(retries.starting, trial)
    with trial.step("Starting both at once"):
        for _ in range(_RACES):
            before, after = start(before, after, 1, at_once=True)
            if not retries.raced(request, before, after):
                break
        if not after.failed_starts and retries.doubtful(request, before, after):
            after = retries.becomes_ready(trial, after, tries(before.seconds))
    if retries.of_the_moment(request, before, after):
        with trial.step("Starting both in turn, because figures differ"):
            more = _FURTHER_STARTS
            before, after = start(before, after, more, at_once=False)
            for _ in range(_DOUBTS):
                # an application that fails now and then does so before as well
                if not after.failed_starts or before.failed_starts or _decided(before, after):
                    break
                before, after = start(before, after, more, at_once=False)
    return before, after


def tries(seconds: float) -> int:
    """Give how often an image is started that may fail now and then, by how long a start takes."""
    return max(_FEWEST, min(_MOST, int(_TRIED_SECONDS / max(seconds, 1.0))))


def _decided(before: Observation, after: Observation) -> bool:
    """Tell whether starts fail so often that chance does not explain that the baseline's do not."""
    failed = len(after.failed_starts)
    return chance(failed, failed + len(after.starts), len(before.starts)) < IMPROBABLE


def _tested(trial: Trial) -> Observation:
    request, engine = trial.request, trial.engine
    seen = Observation(facts=engine.inspect(request.image_after))
    if not request.suite:
        return seen
    with trial.step("Running the test suite with the packages of the candidate"):
        return run_suite(engine, request, seen)


def _tested_with_all(trial: Trial, suite: Suite, before: Observation) -> Observation:
    """Run a suite that fails once more where all requirements are installed: it may fail there."""
    everything = replace(trial.request, image_after=suite.image, read_only_after=False)
    with trial.step("Running the test suite with all requirements"):
        return run_suite(trial.engine, everything, before)


def observe_after(trial: Trial, first: Begun, suite: BegunSuite) -> Observation:
    """Ask the image after all that the image before was asked, and run the same commands.

    It gets several times as long to start as the image before took: the machine may be busy.
    """
    baseline, request = first.baseline, trial.request
    patient = trial.asking(request.patient(_PATIENCE * baseline.observation.seconds))
    if baseline.observation.failure.endswith(TOO_LATE):
        # nothing follows from whether it becomes ready
        short = min(_AGAIN_SECONDS, request.startup_timeout)
        patient = trial.asking(replace(request, startup_timeout=short))
    setting = replace(patient.after(), usual=baseline.observation.seconds)
    with beside() as pool:
        holds = pool.submit(_stored, setting, first.commands, baseline.observation.facts)
        seen = _ran(setting, baseline, trial.progress)
        # workers run as production will run them
        own = replace(setting, read_only=seen.read_only and request.expected_read_only)
        tested, held = suite.outcome(patient), holds.result()
    if not baseline.conversation.ends:
        seen = worked(own, seen, trial.progress)
    # what it holds may say why it does not start
    seen = replace(seen, stored=held.stored, missing={**held.missing, **seen.missing})
    if not seen.failure:
        seen = replace(seen, suite=tested.suite, missing={**tested.missing, **seen.missing})
    known = baseline.observation.errors
    return replace(seen, errors=tuple(line for line in seen.errors if line not in known))


def _ran(setting: Setting, baseline: Baseline, progress: Progress) -> Observation:
    """Run the image after twice, as it will be in production where it can."""
    request, talk = setting.request, baseline.conversation
    if talk.ends:
        names = tuple(one.name for one in baseline.observation.exchanges)
        with step(progress, "Running the candidate to its end"):
            own = replace(setting, read_only=request.expected_read_only)
            return batch.observed(own, names)
    with step(progress, "Running the candidate twice"):
        memory = baseline.observation.grown or 0
        narrow = configuration.tries_read_only(baseline.observation, request)
        seen, other = _twice(replace(setting, read_only=narrow), talk, memory)
    if not (narrow and seen.failure):
        return seen if seen.failure else joined(seen, other)
    if seen.failure.endswith(TOO_LATE):
        # it has had its time
        short = max(_AGAIN_SECONDS, _AGAIN_FACTOR * baseline.observation.seconds)
        short = min(request.startup_timeout, short)
        setting = replace(setting, request=replace(request, startup_timeout=short))
    with step(progress, "Running the candidate with a writable root"):
        if any(other.reruns) and not request.expected_read_only:
            # the other run had one already
            wide = observe(setting, talk)
        else:
            wide, other = _twice(setting, talk, memory)
    return wide if wide.failure else replace(joined(wide, other), read_only_failure=seen.failure)


def _twice(setting: Setting, talk: Conversation, memory: int) -> tuple[Observation, Observation]:
    """Run an image in two containers, at the same time where there is memory for both."""
    # as the baseline runs, unless production is to be read-only
    narrow = setting.read_only and setting.request.expected_read_only
    own = replace(setting, run=1, read_only=narrow)
    first = setting if narrow == setting.read_only else hasty(setting, setting.usual)
    seen, other = both(partial(observe, first, talk), partial(further, own, talk), memory=memory)
    return (seen if seen.failure else replace(seen, read_only=setting.read_only)), other


def _stored(setting: Setting, commands: Commands, known: ImageFacts) -> Observation:
    whole = made_from(known, setting.facts)
    return with_stored(setting, commands(), started=replace(setting, facts=known), whole=whole)


def _with_texts(
    trial: Trial, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Add the texts of files that differ to what was seen of both; nothing is run where none do."""
    had, has = before.stored, after.stored
    paths = changed_files(had, has) if had and has else ()
    if not (paths and had and has):
        return before, after
    read = partial(_texts, paths, installed_files(had, has))
    first, second = both(partial(read, trial.before()), partial(read, trial.after()), memory=0)
    return (
        replace(before, stored=replace(had, texts=first)),
        replace(after, stored=replace(has, texts=second)),
    )


def _texts(paths: tuple[str, ...], installed: tuple[str, ...], setting: Setting) -> dict[str, str]:
    folder = setting.facts.working_directory
    asked = {"list": "texts", "paths": paths, "installed": installed, "folder": folder}
    engine, image, words = setting.engine, setting.image, setting.words
    found, _ = ask_alone(engine, image, words, "lists", asked, kind=dict[str, str])
    return found or {}  # the names are known without


def verdict(
    request: VerificationRequest, engine: Engine, before: Observation, after: Observation
) -> Verdict:
    """Judge what was observed; what the engine's isolation cannot show is skipped. Pure."""
    isolation = engine.isolation
    before, after = (_as_meant(seen, isolation) for seen in (before, after))
    return Verdict(
        engine=engine.name,
        isolation=isolation.name,
        before=_subject(request.image_before, before),
        after=_subject(request.image_after, after),
        checks=with_changes(
            [_as_seen(check.compare(before, after, request), isolation) for check in CHECKS]
        ),
    )


def _as_meant(seen: Observation, isolation: Isolation) -> Observation:
    """Tell of root what ran in its place, and of no network that others have, too."""
    inner = seen.interior
    if inner is None:
        return seen
    if "process" in isolation.unseen:
        own = {name: said for name, said in inner.process.items() if name not in _SHARED}
        inner = replace(inner, process=own)
        seen = replace(seen, interior=inner)
    if not isolation.root or inner.user_id != isolation.root:
        return seen
    return replace(seen, interior=replace(inner, user_id=0, groups=(0,)))


def _as_seen(check: CheckResult, isolation: Isolation) -> CheckResult:
    """Skip what cannot be shown; what differs all the same, as in a configuration, does."""
    if check.name not in isolation.unseen or check.outcome is Outcome.DIFFERENT:
        return check
    return replace(skipped(isolation.unseen[check.name]), name=check.name)


def _subject(image: str, seen: Observation) -> Subject:
    memories = [one.memory for one in seen.starts if one.memory is not None]
    return Subject(
        image=image,
        startup_seconds=median(one.seconds for one in seen.starts) if seen.starts else None,
        memory=round(median(memories)) if memories else None,
    )
