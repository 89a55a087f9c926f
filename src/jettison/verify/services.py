"""The services that the application needs, started afresh beside it."""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from jettison.catalogue import table
from jettison.catalogue.systems import Services, StandIn
from jettison.engines.engine import BuildRequest, Container, Engine, RunOptions
from jettison.errors import BuildError, EngineError, ProgramError, UnsupportedError
from jettison.progress import Progress, step
from jettison.verify.request import Companion, Unreached, VerificationRequest

_DOCKERFILE = """\
FROM {base}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    {packages} && rm -rf /var/lib/apt/lists/*
COPY start /start
ENTRYPOINT ["/bin/sh", "-e", "/start"]
"""


def stand_in(engine: Engine, companion: Companion, progress: Progress) -> Companion | None:
    """Give a service that stands in for one of an image that is not here; None where none can.

    What stands in keeps the name, the variables and the command.
    """
    if _is_there(engine, companion.image):
        return None
    name = companion.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    known = table(Services).debian
    found = [(key, one) for key, one in known.stand_ins.items() if name in one.images]
    base = next((one for one in known.bases if _is_there(engine, one)), known.bases[0])
    for key, one in found:
        try:
            image = _built(engine, key, one, base, progress)
        except (BuildError, EngineError, UnsupportedError):
            return None
        note = f"Debian's {one.packages[0]} instead of {companion.image}"
        return replace(companion, image=image, instead=note)
    return None


def _is_there(engine: Engine, image: str) -> bool:
    try:
        engine.inspect(image)
    except EngineError:
        return False
    return True


def _built(engine: Engine, key: str, one: StandIn, base: str, progress: Progress) -> str:
    with tempfile.TemporaryDirectory(prefix="jettison-") as name:
        folder = Path(name)
        text = _DOCKERFILE.format(base=base, packages=" ".join(one.packages))
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        (folder / "start").write_text(one.start, encoding="utf-8")
        request = BuildRequest(
            context=folder, dockerfile=folder / "Dockerfile", tag=f"jettison-{key}"
        )
        with step(progress, f"build {key} of Debian's packages"):
            return engine.build(request, progress)


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
    port = f"does not respond on port {companion.port}" if companion.port else "does not run"
    said = container.logs()[-500:].strip()
    raise EngineError(
        f"the service {companion.name} {port}",
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
