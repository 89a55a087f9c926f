"""The other commands that run the image, such as those that work through a queue."""

from __future__ import annotations

import time
from contextlib import ExitStack

from msgspec.structs import replace

from jettison.engines.engine import Container, Engine
from jettison.errors import EngineError
from jettison.verify import companions
from jettison.verify.observation import Observation, WorkerOutcome
from jettison.verify.observe import options, still_there
from jettison.verify.request import VerificationRequest, Worker
from jettison.verify.setting import Setting

_POLL_SECONDS = 0.2
_WATCHED_SECONDS = 8.0


def with_workers(
    engine: Engine, setting: Setting, request: VerificationRequest, seen: Observation
) -> Observation:
    """Add how each worker did to what was observed of an image that starts."""
    if seen.failure:
        return seen
    found = {one.name: _watched(engine, setting, request, one) for one in request.workers}
    return replace(seen, workers=found)


def _watched(
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
            network = companions.start(engine, request.companions, stack)
            container = stack.enter_context(engine.run(setting.image, replace(own, beside=network)))
            return _outcome(container)
    except EngineError as failure:
        still_there(engine, setting.image)
        last = failure.why.strip().splitlines()[-1:] or [failure.what]
        return WorkerOutcome(running=False, status=-1, seconds=0.0, said=last[0])


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
