"""Services that the application needs: started before it, and waited for."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

from jettison.engines import Container, Engine, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.values import replace
from jettison.verify.observation import Trial
from jettison.verify.request import NeededService, Unreached
from jettison.verify.stand_ins import as_can_be_had

_POLL_SECONDS = 0.1
_READY_SECONDS = 60.0
# Most services wait for the client to speak first.
_SPEAKS_SECONDS = 0.2


def within_reach(trial: Trial) -> Trial:
    """Try each service once; the request goes on with those that start, and knows the others."""
    engine, request = trial.engine, trial.request
    if not request.services:
        return trial
    if why := engine.isolation.unseen.get("services"):
        apart = (Unreached(name=one.name, image=one.image, why=why) for one in request.services)
        return trial.asking(replace(request, services=(), unreached=(*request.unreached, *apart)))
    kept: list[NeededService] = []
    unreached = list(request.unreached)
    wanted = [as_can_be_had(engine, one, trial.progress) for one in request.services]
    with trial.step("Starting what the application needs"), ExitStack() as stack:
        network = ""
        for service in wanted:
            try:
                container = _started(engine, service, network, stack)
            except (EngineError, ProgramError) as failure:
                lines = failure.why.strip().splitlines()[-1:] or [str(failure)]
                unreached.append(Unreached(name=service.name, image=service.image, why=lines[0]))
            else:
                network = network or container.id
                kept.append(service)
    return trial.asking(replace(request, services=tuple(kept), unreached=tuple(unreached)))


def start(engine: Engine, services: tuple[NeededService, ...], stack: ExitStack) -> str:
    """Start every service in one isolated network and wait for their ports.

    Gives the id of a container in that network, or nothing when there are no services. The
    containers end with ``stack``. Raises EngineError when one does not start.
    """
    first = ""
    pending: list[tuple[Container, NeededService]] = []
    for service in services:
        if not service.instead:
            # it may need those before it, as no stand-in does
            _wait_for(pending)
        container = stack.enter_context(_run(engine, service, first))
        pending.append((container, service))
        first = first or container.id
    _wait_for(pending)
    return first


def _wait_for(pending: list[tuple[Container, NeededService]]) -> None:
    while pending:
        _wait(*pending.pop(0))


def _run(engine: Engine, service: NeededService, beside: str) -> Container:
    options = RunOptions(
        ports=(service.port,) if service.port else (),
        environment=service.environment,
        command=service.command,
        beside=beside,
        alias=service.name,
    )
    return engine.run(service.image, options)


def _started(engine: Engine, service: NeededService, beside: str, stack: ExitStack) -> Container:
    with ExitStack() as own:
        container = own.enter_context(_run(engine, service, beside))
        _wait(container, service)
        stack.push(own.pop_all())
    return container


def _wait(container: Container, service: NeededService) -> None:
    """Wait for the port; without one, see that it has not ended at once."""
    deadline = time.monotonic() + _READY_SECONDS
    while container.state().running and time.monotonic() < deadline:
        if service.port is None or _answers(container, service.port):
            return
        time.sleep(_POLL_SECONDS)
    port = f"does not respond on port {service.port}" if service.port else "does not run"
    said = container.logs()[-500:].strip()
    raise EngineError(
        f"the service {service.name} {port}",
        why=said or f"it {port} and logged nothing",
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
