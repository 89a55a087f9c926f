"""When a container is ready and healthy, and when it shows before its time that it will not be."""

from __future__ import annotations

import math
import socket
import time

from msgspec import Struct

from jettison.engines import Container, ContainerState, ImageFacts
from jettison.errors import EngineError, ProgramError
from jettison.verify.exchange import SERVER_ERROR, Answer
from jettison.verify.exchange.client import UNREADABLE, send
from jettison.verify.first_process import (
    POLLING_SHARE,
    Rest,
    age,
    is_apart,
    listening,
    listens,
    lives,
)
from jettison.verify.observation import HealthOutcome
from jettison.verify.variables import errors_of

_HEALTH_POLL_SECONDS = 0.02
# Most wait for the client to speak first.
_SPEAKS_SECONDS = 0.2
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
SPEAKS_HTTP2 = "speaks HTTP/2 alone, as servers of gRPC do"
NO_PORT = "it listens on no port, and none is declared"
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
    has its network (``alone``); of a port that is only a ``guess``, what listens on none does as
    well. One that only waits after an error fails too. Seconds count from the start of the first
    process, where this machine knows it: what the engine and others do before they return is none
    of its.
    """
    named, path = bool(path), path or "/"
    failing_since = 0.0
    state = container.state()
    begun = time.monotonic() - age(state.process)
    looked = seconds = 0.0
    rest, slow = Rest(), Rest(POLLING_SHARE)
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
                overdue = seconds > late or idle > _IDLE_SECONDS
                why = _elsewhere(state.process, port, guess=guess) if overdue else why
                why = why or _stuck(container, state.process, port, slow)
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


def _stuck(container: Container, process: int, port: int, rest: Rest) -> str:
    """Say that a container only waits: it listens nowhere, and has logged an error."""
    waits = rest.seconds(process) > _STUCK_SECONDS and listens(process) is False
    if waits and errors_of(container.logs()):
        return f"port {port} does not respond, and it only waits after an error"
    return ""


def _elsewhere(process: int, port: int, *, guess: bool) -> str:
    """Say where a container listens instead; nothing where it listens there, or nobody can tell."""
    found = listening(process)
    if guess and not found and is_apart(process):
        return NO_PORT
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
