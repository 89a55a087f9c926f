"""The whole verification: both images, the same questions, one verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from jettison.engines.engine import Engine
from jettison.errors import EngineError
from jettison.progress import Progress, step
from jettison.verify.checks import CHECKS
from jettison.verify.checks.routes import compared
from jettison.verify.discover import Discovery, discover
from jettison.verify.exchange.answer import Exchange
from jettison.verify.exchange.session import probe_steps
from jettison.verify.health import health_path
from jettison.verify.observation import Observation
from jettison.verify.observe import (
    converse,
    observe,
    observe_read_only,
    running,
    startup_seconds,
)
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.setting import Conversation, Setting
from jettison.verify.suite import run_suite
from jettison.verify.verdict import Subject, Verdict
from jettison.verify.workload.plan import workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The image before as it was seen, and how to ask the same of another image."""

    observation: Observation
    conversation: Conversation


def compare(request: VerificationRequest, engine: Engine, progress: Progress) -> Verdict:
    """Run both images and hold them against each other.

    What one of the images cannot do is part of the verdict, not an exception. Raises EngineError
    when one of the images does not exist.
    """
    baseline = observe_before(request, engine, progress)
    after = observe_after(request, baseline, engine, progress)
    before = baseline.observation
    if before.exchanges and not after.failure and compared(before, after).differences:
        before, after = _asked_again(request, baseline, after, engine, progress)
    if request.suite and after.suite and after.suite.status:
        before = _tested_with_all(request, request.suite, before, engine, progress)
    return verdict(request, engine.name, before, after)


def _asked_again(
    request: VerificationRequest,
    baseline: Baseline,
    after: Observation,
    engine: Engine,
    progress: Progress,
) -> tuple[Observation, Observation]:
    """Run both images once more: answers may depend on the moment, such as an order by time."""
    talk, before = baseline.conversation, baseline.observation
    with step(progress, "Running both once more, because answers differ"):
        first = _again(engine, _setting(engine, request, request.image_before), request, talk)
        setting = replace(_setting(engine, request, request.image_after), read_only=after.read_only)
        second = _again(engine, setting, request, talk)
    return replace(before, reruns=(first,)), replace(after, reruns=(second,))


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
    setting = _setting(engine, request, request.image_before)
    with step(progress, "Finding what the application offers"):
        found, first_start = _discover(engine, setting, request)
    with step(progress, "Running the image before"):
        talk = _conversation(found, request)
        seen = observe(engine, setting, request, talk)
        talk = replace(talk, steps=seen.steps, explores=False)
    with step(progress, "Running the image before again"):
        again = () if seen.failure else _again(engine, setting, request, talk)
        seen = replace(seen, startups=(*first_start, *seen.startups), again=again)
        seen = _started(engine, setting, request, seen)
    if found.why:
        seen = replace(seen, missing={**seen.missing, "routes": found.why})
    return Baseline(observation=seen, conversation=talk)


def observe_after(
    request: VerificationRequest, baseline: Baseline, engine: Engine, progress: Progress
) -> Observation:
    """Ask the image after all that the image before was asked."""
    setting = _setting(engine, request, request.image_after)
    run = observe_read_only if request.read_only_after else observe
    with step(progress, "Running the image after"):
        seen = run(engine, setting, request, baseline.conversation)
        seen = _started(engine, replace(setting, read_only=seen.read_only), request, seen)
    if request.suite and not seen.failure:
        with step(progress, "Running the test suite with what the image after has"):
            seen = run_suite(engine, request, seen)
    known = baseline.observation.errors
    return replace(seen, errors=tuple(line for line in seen.errors if line not in known))


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


def _setting(engine: Engine, request: VerificationRequest, image: str) -> Setting:
    images = [engine.inspect(one) for one in (request.image_before, request.image_after)]
    return Setting(
        image=image, facts=engine.inspect(image), health_path=health_path(request, *images)
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
                return Discovery(why=run.failure), ()
            return discover(run.container, setting, request), (run.seconds,)
    except EngineError as failure:
        return Discovery(why=str(failure)), ()


def _conversation(found: Discovery, request: VerificationRequest) -> Conversation:
    steps = workload(found.interface, request.credentials)
    return Conversation(
        steps=(*steps, *probe_steps(request.probes)),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
    )


def _again(
    engine: Engine, setting: Setting, request: VerificationRequest, talk: Conversation
) -> tuple[Exchange, ...]:
    try:
        with running(engine, setting, request) as run:
            return () if run.failure else converse(run.container, setting, request, talk)[1]
    except EngineError:
        return ()


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
