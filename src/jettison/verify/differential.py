"""The whole verification: both images, the same questions, one verdict."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from jettison.engines.engine import Engine
from jettison.errors import EngineError
from jettison.progress import Progress, step
from jettison.verify.checks import CHECKS
from jettison.verify.discover import discover
from jettison.verify.exchange.answer import Exchange
from jettison.verify.exchange.session import probe_steps
from jettison.verify.health import health_path
from jettison.verify.observation import Observation
from jettison.verify.observe import (
    Conversation,
    Setting,
    converse,
    observe,
    observe_read_only,
    running,
    startup_seconds,
)
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import Subject, Verdict
from jettison.verify.workload.operation import Interface
from jettison.verify.workload.plan import workload


def compare(request: VerificationRequest, engine: Engine, progress: Progress) -> Verdict:
    """Run both images and hold them against each other.

    What one of the images cannot do is part of the verdict, not an exception. Raises EngineError
    when one of the images does not exist.
    """
    before, after = _settings(request, engine)
    with step(progress, "Finding what the application offers"):
        interface, first_start, why = _discover(engine, before, request)
    with step(progress, "Running the image before"):
        steps = (*workload(interface), *probe_steps(request.probes))
        talk = Conversation(steps=steps, token_scheme=interface.token_scheme, explores=True)
        had = observe(engine, before, request, talk)
        had = replace(had, startups=(*first_start, *had.startups))
        talk = replace(talk, steps=had.steps, explores=False)
        if why:
            had = replace(had, missing={**had.missing, "routes": why})
    with step(progress, "Running the image before again"):
        if not had.failure and talk.steps:
            had = replace(had, again=_again(engine, before, request, talk))
    with step(progress, "Running the image after"):
        run = observe_read_only if request.read_only_after else observe
        has = run(engine, after, request, talk)
    with step(progress, "Measuring the time to start"):
        had = _started(engine, before, request, had)
        has = _started(engine, replace(after, read_only=has.read_only), request, has)
    has = replace(has, errors=tuple(line for line in has.errors if line not in had.errors))
    return verdict(request, engine.name, had, has)


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


def _settings(request: VerificationRequest, engine: Engine) -> tuple[Setting, Setting]:
    before, after = (engine.inspect(one) for one in (request.image_before, request.image_after))
    path = health_path(request, before, after)
    return (
        Setting(image=request.image_before, facts=before, health_path=path),
        Setting(image=request.image_after, facts=after, health_path=path),
    )


def _discover(
    engine: Engine, setting: Setting, request: VerificationRequest
) -> tuple[Interface, tuple[float, ...], str]:
    """Ask a run of its own, because finding the routes imports the application once more."""
    if not request.ports:
        return Interface(), (), "the application listens on no port that is known"
    try:
        with running(engine, setting, request) as run:
            if run.failure:
                return Interface(), (), run.failure
            interface, why = discover(run.container, setting, request)
            return interface, (run.seconds,), why
    except EngineError as failure:
        return Interface(), (), str(failure)


def _again(
    engine: Engine, setting: Setting, request: VerificationRequest, talk: Conversation
) -> tuple[Exchange, ...]:
    try:
        with running(engine, setting, request) as run:
            return () if run.failure else converse(run.container, request, talk)[1]
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
