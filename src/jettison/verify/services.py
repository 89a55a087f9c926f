"""Services that the application needs, and when a container is ready and healthy."""

from __future__ import annotations

import math
import socket
import time
from contextlib import ExitStack

from msgspec import Struct

from jettison.engines import Container, ContainerState, Engine, ImageFacts, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.values import replace
from jettison.verify.exchange import SERVER_ERROR, Answer
from jettison.verify.exchange.client import UNREADABLE, send
from jettison.verify.first_process import Rest, age, is_apart, listening, lives
from jettison.verify.observation import HealthOutcome, Trial
from jettison.verify.request import NeededService, Unreached
from jettison.verify.stand_ins import as_can_be_had
from jettison.verify.variables import errors_of

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


_HEALTH_POLL_SECONDS = 0.02
# What ends by itself is mostly still at work after three seconds; a worker may be all the time.
_ALIVE_SECONDS, _BUSY_SECONDS = 3.0, 60.0
_LOOK_SECONDS = 0.5
# A first request that is given up and sent again is counted twice by an application that counts.
_FIRST_ANSWER_SECONDS = 15.0
# A look at a container waits for no more than three first answers.
_LONGEST_LOOK = 4
# A server that only just began to listen writes a line about a request in HTTP/2.
_SILENT_SECONDS = 2.0
# what timeout(1) gives
_TIMED_OUT = 124
# After this long, an answer of a path that nobody named as the one for health is an answer.
STEADY_SECONDS = 5.0
# After how long what is no HTTP is given up: something else may listen there for a moment; and how
# long what listens elsewhere has to be idle.
_ODD_SECONDS, _IDLE_SECONDS = 10.0, 10.0
# How long what has failed waits before it is given up: it may try again.
_STUCK_SECONDS = 20.0


def health_command(facts: ImageFacts) -> tuple[str, ...]:
    """Give the command of the health check, as a container can run it; empty without one."""
    test = facts.health_check.test if facts.health_check else ()
    if not test or test[0] == "NONE":
        return ()
    if test[0] == "CMD-SHELL":
        return ("/bin/sh", "-c", *test[1:])
    return test[1:] if test[0] == "CMD" else test


def run_health_command(container: Container, command: tuple[str, ...]) -> HealthOutcome:
    """Run the health check once, now. One that does not end fails with status 124."""
    try:
        done = container.execute(command)
    except ProgramError as late:
        return HealthOutcome(status=_TIMED_OUT, said=str(late))
    said = "\n".join(part for part in (done.text, done.error_text) if part)
    return HealthOutcome(status=done.status, said=said[-500:])


class Readiness(Struct, frozen=True, kw_only=True):
    """How long a container took to become ready; ``failure`` says why it did not."""

    seconds: float
    failure: str = ""


TOO_LATE = " seconds"
NO_PORT = "it listens on no port, and none is declared"
SPEAKS_HTTP2 = "speaks HTTP/2 alone, as servers of gRPC do"
_FRAME_HEADER, _SETTINGS = 9, 4
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, _SETTINGS, 0, 0, 0, 0, 0))


def wait_until_ready(
    container: Container,
    port: int | None,
    path: str,
    timeout: float,
    *,
    late: float = math.inf,
    guess: bool = False,
    alone: bool = False,
) -> Readiness:
    """Wait for the first answer of ``path`` that is no server error.

    Without a path ``/`` is asked, of which nobody said that it has to be well: a server error
    will do when it stays for a while. Without a port, a container is ready when it still runs after
    three seconds and waits for something. A server of gRPC fails with ``SPEAKS_HTTP2``, and after
    ``late`` seconds one that listens elsewhere, or sooner where it is idle and no other container
    has its network (``alone``), as one does that only waits after an error; of a port that is only
    a ``guess``, what listens on none does as well. Seconds count from the start of the first
    process, where this machine knows it: what the engine and others do before they return is none
    of its.
    """
    named, path = bool(path), path or "/"
    failing_since = 0.0
    state = container.state()
    begun = time.monotonic() - age(state.process)
    looked = seconds = 0.0
    rest = Rest()
    said = _told(Answer(status=0), port, path)
    while seconds < timeout:
        address = _address(container, port) if port else None
        answer = _first(address, port, path)
        status = answer.status or None
        passed = time.monotonic() - begun
        # this machine was suspended, or this process: nobody waited meanwhile
        longest = _LONGEST_LOOK * _FIRST_ANSWER_SECONDS
        begun += passed - seconds if seconds and passed - seconds > longest else 0.0
        seconds = time.monotonic() - begun
        if status is not None and status < SERVER_ERROR:
            return Readiness(seconds=seconds)
        failing_since = (failing_since or seconds) if status else 0.0
        if not named and failing_since and seconds - failing_since >= STEADY_SECONDS:
            return Readiness(seconds=failing_since)
        said = _told(answer, port, path, said)
        if address is None or seconds - looked > _LOOK_SECONDS:
            looked = seconds
            state = _state(container, state)
            if not state.running:
                said = f"it ended with {state.ending}"
                return Readiness(seconds=seconds, failure=said)
            if not port and _rests(rest, state, seconds) and seconds > _ALIVE_SECONDS:
                return Readiness(seconds=seconds)
            why = said if _is_odd(answer) and seconds > _ODD_SECONDS else ""
            if port and address and seconds > _SILENT_SECONDS and _only_http2(address, port):
                why = f"port {port} {SPEAKS_HTTP2}"
            elif port:
                idle = rest.seconds(state.process) if alone else 0.0
                stuck = container if idle > _STUCK_SECONDS else None
                overdue = seconds > late or idle > _IDLE_SECONDS
                why = _elsewhere(state.process, port, guess=guess, stuck=stuck) if overdue else why
            if why:
                return Readiness(seconds=seconds, failure=why)
        time.sleep(_HEALTH_POLL_SECONDS)
    return Readiness(seconds=timeout, failure=f"{said} within {timeout:g}{TOO_LATE}")


def _rests(rest: Rest, state: ContainerState, seconds: float) -> bool:
    return rest.lasts(state.process) or seconds > _BUSY_SECONDS


def _told(answer: Answer, port: int | None, path: str, last: str = "") -> str:
    """Say what was answered that is not enough to be ready; what was said last if nothing was."""
    if _is_odd(answer):
        return f"port {port} responds with no HTTP that is understood: {answer.failure}"
    if answer.status:
        return f"{path} responds with {answer.status}"
    return last or (f"port {port} does not respond" if port else "it does not keep running")


def _is_odd(answer: Answer) -> bool:
    return answer.failure.startswith(UNREADABLE)


def _state(container: Container, last: ContainerState) -> ContainerState:
    """Ask the engine for the state unless the first process still runs, which is seen sooner."""
    return last if last.running and lives(last.process) else container.state()


def _elsewhere(process: int, port: int, *, guess: bool, stuck: Container | None) -> str:
    """Say where a container listens instead; nothing where it listens there, or nobody can tell.

    One that is ``stuck`` is given up where it listens nowhere and has logged an error.
    """
    found = listening(process)
    if guess and not found and is_apart(process):
        return NO_PORT
    if stuck and not found and is_apart(process) and errors_of(stuck.logs()):
        return f"port {port} does not respond, and it only waits after an error"
    if not found or (port, False) in found:
        return ""
    if (port, True) in found:
        return f"it listens on port {port} of the loopback alone"
    others = ", ".join(str(number) for number, _ in sorted(found))
    return f"port {port} does not respond; it listens on {others}"


def _only_http2(address: tuple[str, int], port: int) -> bool:
    """Whether a server takes HTTP/2 alone: its first frame are settings (RFC 9113, 3.4 and 6.5)."""
    if _status(address, port):
        return False
    try:
        with socket.create_connection(address, timeout=_SPEAKS_SECONDS) as connection:
            connection.sendall(_PREFACE)
            frame = connection.recv(_FRAME_HEADER, socket.MSG_WAITALL)
    except OSError:
        return False
    # one that takes both may have begun to listen meanwhile
    speaks = len(frame) == _FRAME_HEADER and frame[3] == _SETTINGS
    return speaks and not _status(address, port)


def _address(container: Container, port: int) -> tuple[str, int] | None:
    try:
        return container.address(port)
    except EngineError:
        return None


def _status(address: tuple[str, int], port: int) -> int:
    return _first(address, port, "/").status


def _first(address: tuple[str, int] | None, port: int | None, path: str) -> Answer:
    if address is None:
        return Answer(status=0)
    asked = {"Host": f"localhost:{port}"}
    return send(address, "GET", path, asked, timeout=_FIRST_ANSWER_SECONDS, kept=0)
