"""The other commands of an image, each watched for some seconds in a container of its own."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial

from msgspec.structs import replace

from jettison.engines.engine import Container, Engine
from jettison.errors import EngineError
from jettison.processes.concurrent import mapped
from jettison.progress import Progress, step
from jettison.verify.observation import Observation, WorkerOutcome
from jettison.verify.observe import options, reason_of, still_there
from jettison.verify.request import Setting, VerificationRequest, Worker
from jettison.verify.services import start

_POLL_SECONDS = 0.2
_WATCHED_SECONDS = 8.0


def worked(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    seen: Observation,
    progress: Progress,
) -> Observation:
    """Add how each other command did to what was observed of an image that starts."""
    if not request.workers or seen.failure:
        return seen
    with step(progress, "Running its workers"):
        watch = partial(watched, engine, setting, request)
        found = mapped(request.workers, watch, memory=seen.grown or 0)
    names = (one.name for one in request.workers)
    return replace(seen, workers=dict(zip(names, found, strict=True)))


def watched(
    engine: Engine, setting: Setting, request: VerificationRequest, worker: Worker
) -> WorkerOutcome:
    """Start a worker with fresh services and look at it until it ends, for some seconds."""
    own = replace(
        options(setting, request),
        ports=(),
        environment={**request.environment, **worker.environment},
        entrypoint=worker.entrypoint,
        command=worker.command,
    )
    try:
        with ExitStack() as stack:
            network = start(engine, request.companions, stack)
            container = stack.enter_context(engine.run(setting.image, replace(own, beside=network)))
            return _outcome(container)
    except EngineError as failure:
        still_there(engine, setting.image)
        said = reason_of(failure)
        return WorkerOutcome(running=False, status=-1, seconds=0.0, said=said)


def _outcome(container: Container) -> WorkerOutcome:
    begun = time.monotonic()
    seconds, state = 0.0, container.state()
    while state.running and seconds < _WATCHED_SECONDS:
        time.sleep(_POLL_SECONDS)
        seconds, state = time.monotonic() - begun, container.state()
    lines = container.logs().strip().splitlines()[-1:]
    return WorkerOutcome(
        running=state.running, status=state.exit_status, seconds=seconds, said="".join(lines)[:300]
    )
