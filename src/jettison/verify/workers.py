"""The other commands that an image is run with, such as those of workers."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial

from jettison.engines import Container
from jettison.errors import EngineError
from jettison.processes.concurrent import mapped
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify.first_process import listening
from jettison.verify.observation import Observation, Setting, WorkerOutcome
from jettison.verify.observe import options, reason_of, still_there
from jettison.verify.request import Worker
from jettison.verify.services import start

_POLL_SECONDS, _WATCHED_SECONDS, _LONG_WATCHED_SECONDS = 0.2, 8.0, 40.0


def worked(setting: Setting, seen: Observation, progress: Progress) -> Observation:
    """Add how each other command did to what was observed of an image that starts."""
    request = setting.request
    if not request.watched or seen.failure:
        return seen
    with step(progress, "Running its workers"):
        watch = partial(watched, setting)
        found = mapped(request.watched, watch, memory=seen.grown or 0)
    names = (one.name for one in request.watched)
    return replace(seen, workers=dict(zip(names, found, strict=True)))


def watched_on(setting: Setting, before: Observation, after: Observation) -> Observation:
    """Give a baseline whose workers were watched for long where the candidate's ended by a failure.

    On a busy machine they may only have begun to load what makes both fail.
    """
    found = {
        one.name: watched(setting, one, _LONG_WATCHED_SECONDS)
        for one in setting.request.watched
        if (had := before.workers.get(one.name)) and had.running
        if (has := after.workers.get(one.name)) and not has.running and has.status
    }
    return replace(before, workers={**before.workers, **found}) if found else before


def watched(setting: Setting, worker: Worker, seconds: float = 0.0) -> WorkerOutcome:
    """Start a worker with fresh services and look at it until it ends, or for some seconds."""
    own = replace(
        options(setting),
        ports=(),
        environment={**setting.request.environment, **worker.environment},
        entrypoint=worker.entrypoint,
        command=worker.command,
    )
    try:
        with ExitStack() as stack:
            network = start(setting.engine, setting.request.services, stack)
            container = stack.enter_context(
                setting.engine.run(setting.image, replace(own, beside=network))
            )
            return _worker_outcome(container, seconds or _WATCHED_SECONDS)
    except EngineError as failure:
        still_there(setting, failure)
        said = reason_of(failure)
        return WorkerOutcome(running=False, status=-1, seconds=0.0, said=said)


def _worker_outcome(container: Container, longest: float) -> WorkerOutcome:
    begun = time.monotonic()
    seconds, state = 0.0, container.state()
    while state.running and seconds < longest:
        time.sleep(_POLL_SECONDS)
        seconds, state = time.monotonic() - begun, container.state()
    said = "".join(container.logs().strip().splitlines()[-1:])[:300]
    ports = tuple(sorted({number for number, _ in listening(state.process)}))
    return WorkerOutcome(
        running=state.running, status=state.exit_status, seconds=seconds, said=said, ports=ports
    )
