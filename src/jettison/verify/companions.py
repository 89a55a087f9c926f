"""The services that the application needs, started afresh beside it."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

from msgspec.structs import replace

from jettison.engines.engine import Container, Engine, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.progress import Progress, step
from jettison.verify.request import Companion, Unreached, VerificationRequest
from jettison.verify.stand_ins import stand_in

_POLL_SECONDS = 0.1
_READY_SECONDS = 60.0
# Most services wait for the client to speak first.
_SPEAKS_SECONDS = 0.2


def within_reach(
    engine: Engine, request: VerificationRequest, progress: Progress
) -> VerificationRequest:
    """Try each companion once; the request goes on with those that start, and knows the others."""
    if not request.companions:
        return request
    kept: list[Companion] = []
    unreached = list(request.unreached)
    wanted = [stand_in(engine, one, progress) or one for one in request.companions]
    with step(progress, "Starting what the application needs"), ExitStack() as stack:
        network = ""
        for companion in wanted:
            try:
                container = _started(engine, companion, network, stack)
            except (EngineError, ProgramError) as failure:
                lines = failure.why.strip().splitlines()[-1:] or [str(failure)]
                unreached.append(
                    Unreached(name=companion.name, image=companion.image, why=lines[0])
                )
            else:
                network = network or container.id
                kept.append(companion)
    return replace(request, companions=tuple(kept), unreached=tuple(unreached))


def start(engine: Engine, companions: tuple[Companion, ...], stack: ExitStack) -> str:
    """Start every companion in one isolated network and wait for their ports.

    Gives the id of a container in that network, or nothing when there are no companions. The
    containers end with ``stack``. Raises EngineError when one does not start.
    """
    first = ""
    for companion in companions:
        container = _started(engine, companion, first, stack)
        first = first or container.id
    return first


def _started(engine: Engine, companion: Companion, beside: str, stack: ExitStack) -> Container:
    options = RunOptions(
        ports=(companion.port,) if companion.port else (),
        environment=companion.environment,
        command=companion.command,
        beside=beside,
        alias=companion.name,
    )
    with ExitStack() as own:
        container = own.enter_context(engine.run(companion.image, options))
        _wait(container, companion)
        stack.push(own.pop_all())
    return container


def _wait(container: Container, companion: Companion) -> None:
    """Wait for the port; without one, see that it has not ended at once."""
    deadline = time.monotonic() + _READY_SECONDS
    while container.state().running and time.monotonic() < deadline:
        if companion.port is None or _answers(container, companion.port):
            return
        time.sleep(_POLL_SECONDS)
    port = f"does not answer on port {companion.port}" if companion.port else "does not run"
    said = container.logs()[-500:].strip()
    raise EngineError(
        f"the service {companion.name} {port}",
        why=said or f"it {port} and says nothing",
        hint="Look at its environment: a database may want a password.",
    )


def _answers(container: Container, port: int) -> bool:
    """Whether a connection stays open: what carries it may accept it for nobody."""
    try:
        with socket.create_connection(container.address(port), timeout=1) as connection:
            connection.settimeout(_SPEAKS_SECONDS)
            return bool(connection.recv(1))
    except TimeoutError:
        return True
    except (OSError, EngineError):
        return False
