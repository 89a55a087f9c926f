"""The whole verification: both images, the same questions, one verdict."""

from __future__ import annotations

from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from jettison.engines.engine import Engine
from jettison.errors import EngineError
from jettison.progress import Progress, step
from jettison.verify import companions, second_look
from jettison.verify.checks import CHECKS
from jettison.verify.checks.routes import compared
from jettison.verify.discover import Discovery, discover
from jettison.verify.exchange.session import probe_steps
from jettison.verify.observation import Observation
from jettison.verify.observe import (
    ended,
    observe,
    observe_read_only,
    running,
    startup_seconds,
    still_there,
    unready,
)
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.second_look import again, setting_of
from jettison.verify.setting import Conversation, Setting
from jettison.verify.suite import run_suite
from jettison.verify.verdict import Subject, Verdict
from jettison.verify.workers import with_workers
from jettison.verify.workload.plan import workload

# How many times as long as the image before the image after may take to start.
_PATIENCE = 4.0
# How often both are run once more as long as answers differ.
_RERUNS = 2


class Baseline(Struct, frozen=True, kw_only=True):
    """The image before as it was seen, and how to ask the same of another image."""

    observation: Observation
    conversation: Conversation


def compare(request: VerificationRequest, engine: Engine, progress: Progress) -> Verdict:
    """Run both images and hold them against each other.

    What one of the images cannot do is part of the verdict, not an exception. Raises EngineError
    when one of the images does not exist.
    """
    request = companions.within_reach(engine, request, progress)
    baseline = observe_before(request, engine, progress)
    after = observe_after(request, baseline, engine, progress)
    before, talk = baseline.observation, baseline.conversation
    if not after.failure and second_look.hindered(request, before, after):
        with step(progress, "Running both with a writable root, because they may need it"):
            before, after = second_look.with_writable_root(engine, request, talk, before, after)
    for _ in range(_RERUNS):
        if after.failure or not before.exchanges or not compared(before, after).differences:
            break
        with step(progress, "Running both once more, because answers differ"):
            before, after = second_look.asked_again(engine, request, talk, before, after)
    if second_look.of_the_moment(verdict(request, engine.name, before, after)):
        with step(progress, "Running both once more, because figures differ"):
            before, after = second_look.measured_again(engine, request, before, after)
    if request.suite and after.suite and after.suite.status:
        before = _tested_with_all(request, request.suite, before, engine, progress)
    return verdict(request, engine.name, before, after)


def _tested_with_all(
    request: VerificationRequest,
    suite: Suite,
    before: Observation,
    engine: Engine,
    progress: Progress,
) -> Observation:
    """Run a suite that fails once more where all requirements are installed: it may fail there."""
    everything = replace(request, image_after=suite.image, read_only_after=False)
    with step(progress, "Running the test suite with all requirements"):
        return run_suite(engine, everything, before)


def observe_before(request: VerificationRequest, engine: Engine, progress: Progress) -> Baseline:
    """Find out what the image before offers, and run it twice to know what never repeats."""
    setting = setting_of(engine, request, request.image_before)
    check = setting.facts.health_check
    request = _patient(request, check.start_period if check else 0.0)
    with step(progress, "Finding what the application offers"):
        found, first_start = _discover(engine, setting, request)
    if found.unready:
        # it would not become ready the next time either
        return Baseline(observation=found.unready, conversation=Conversation())
    with step(progress, "Running the image before"):
        talk = _conversation(found, request)
        seen = observe(engine, setting, request, talk)
        talk = replace(talk, steps=seen.steps, explores=False)
    with step(progress, "Running the image before again"):
        repeated = () if seen.failure else again(engine, setting, request, talk)
        seen = replace(seen, startups=(*first_start, *seen.startups), again=repeated)
        seen = _started(engine, setting, request, seen)
    seen = _worked(engine, setting, request, seen, progress)
    if found.why:
        seen = replace(seen, missing={**seen.missing, "routes": found.why})
    return Baseline(observation=seen, conversation=talk)


def observe_after(
    request: VerificationRequest, baseline: Baseline, engine: Engine, progress: Progress
) -> Observation:
    """Ask the image after all that the image before was asked.

    It gets several times as long to start as the image before took: the machine may be busy.
    """
    slowest = max(baseline.observation.startups, default=0.0)
    request = _patient(request, _PATIENCE * slowest)
    setting = setting_of(engine, request, request.image_after)
    narrow = request.read_only_after and not baseline.observation.failure
    run = observe_read_only if narrow else observe
    with step(progress, "Running the image after"):
        seen = run(engine, setting, request, baseline.conversation)
        seen = _started(engine, replace(setting, read_only=seen.read_only), request, seen)
    seen = _worked(engine, replace(setting, read_only=seen.read_only), request, seen, progress)
    if request.suite and not seen.failure:
        with step(progress, "Running the test suite with what the image after has"):
            seen = run_suite(engine, request, seen)
    known = baseline.observation.errors
    return replace(seen, errors=tuple(line for line in seen.errors if line not in known))


def _patient(request: VerificationRequest, seconds: float) -> VerificationRequest:
    return replace(request, startup_timeout=max(request.startup_timeout, seconds))


def _worked(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    seen: Observation,
    progress: Progress,
) -> Observation:
    if not request.workers:
        return seen
    with step(progress, "Running its workers"):
        return with_workers(engine, setting, request, seen)


def verdict(
    request: VerificationRequest, engine: str, before: Observation, after: Observation
) -> Verdict:
    """Judge what was observed. Pure."""
    return Verdict(
        engine=engine,
        before=_subject(request.image_before, before),
        after=_subject(request.image_after, after),
        checks=tuple(check.compare(before, after, request) for check in CHECKS),
    )


def _discover(
    engine: Engine, setting: Setting, request: VerificationRequest
) -> tuple[Discovery, tuple[float, ...]]:
    """Ask a run of its own, because finding the routes imports the application once more."""
    if not request.ports:
        return Discovery(why="the application listens on no port that is known"), ()
    try:
        with running(engine, setting, request) as run:
            if run.failure:
                return Discovery(unready=unready(run, setting)), ()
            found = discover(run.container, setting, request)
            if failure := ended(run.container):
                return Discovery(unready=unready(replace(run, failure=failure), setting)), ()
            return found, (run.seconds,)
    except EngineError as failure:
        still_there(engine, setting.image)
        return Discovery(why=str(failure)), ()


def _conversation(found: Discovery, request: VerificationRequest) -> Conversation:
    steps = workload(found.interface, request.credentials)
    return Conversation(
        steps=(*steps, *probe_steps(request.probes)),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
    )


def _started(
    engine: Engine, setting: Setting, request: VerificationRequest, seen: Observation
) -> Observation:
    """Start the image until there are as many times as were asked for."""
    startups = seen.startups
    while not seen.failure and len(startups) < request.startup_runs:
        seconds = startup_seconds(engine, setting, request)
        if not seconds:
            break
        startups += seconds
    return replace(seen, startups=startups)


def _subject(image: str, seen: Observation) -> Subject:
    return Subject(
        image=image,
        startup_seconds=median(seen.startups) if seen.startups else None,
        memory=seen.memory,
    )
