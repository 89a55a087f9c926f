"""The services that the application needs, started afresh beside it."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

from jettison.engines.engine import Container, Engine, RunOptions
from jettison.errors import EngineError
from jettison.verify.request import Companion

_POLL_SECONDS = 0.1
_READY_SECONDS = 60.0


def start(engine: Engine, companions: tuple[Companion, ...], stack: ExitStack) -> str:
    """Start every companion in one isolated network and wait for their ports.

    Gives the id of a container in that network, or nothing when there are no companions. The
    containers end with ``stack``. Raises EngineError when one does not start.
    """
    first = ""
    for companion in companions:
        container = stack.enter_context(
            engine.run(
                companion.image,
                RunOptions(
                    ports=(companion.port,) if companion.port else (),
                    environment=companion.environment,
                    command=companion.command,
                    beside=first,
                    alias=companion.name,
                ),
            )
        )
        first = first or container.id
        if companion.port:
            _wait(container, companion, companion.port)
    return first


def _wait(container: Container, companion: Companion, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(container.address(port), timeout=1).close()
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return
    raise EngineError(
        f"the service {companion.name} does not answer on port {port}",
        why=container.logs()[-500:],
        hint="Look at its environment: a database may want a password.",
    )
