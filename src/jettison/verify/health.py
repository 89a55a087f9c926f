"""When a container is ready, and whether its health check passes."""

from __future__ import annotations

import re
import time

from msgspec import Struct

from jettison.engines.engine import Container, ImageFacts
from jettison.errors import EngineError, ProgramError
from jettison.verify.exchange.client import send
from jettison.verify.observation import HealthOutcome
from jettison.verify.request import VerificationRequest

_POLL_SECONDS = 0.02
_ALIVE_SECONDS = 3.0
_LOOK_SECONDS = 0.5
_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(/[^\s'\"|;)]*)")
_SERVER_ERROR = 500
# what timeout(1) gives
_TOO_LATE = 124
# After this long, an answer of a path that nobody named as the one for health is an answer.
_STEADY_SECONDS = 5.0


def health_path(request: VerificationRequest, *images: ImageFacts) -> str:
    """Give the path that says whether all is well: asked for, or named by a check, or nothing."""
    if request.health_path:
        return request.health_path
    texts = [" ".join(request.health_command)]
    texts += [" ".join(facts.health_check.test) for facts in images if facts.health_check]
    found = (match for match in map(_URL.search, texts) if match)
    return next((match[1] for match in found), "")


def health_command(request: VerificationRequest, facts: ImageFacts) -> tuple[str, ...]:
    """Give the command of the health check, as a container can run it; empty without one."""
    test = request.health_command or (facts.health_check.test if facts.health_check else ())
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
        return HealthOutcome(status=_TOO_LATE, said=str(late))
    said = "\n".join(part for part in (done.text, done.error_text) if part)
    return HealthOutcome(status=done.status, said=said[-500:])


class Readiness(Struct, frozen=True, kw_only=True):
    """How long a container took to become ready; ``failure`` says why it did not."""

    seconds: float
    failure: str = ""


def wait_until_ready(
    container: Container,
    port: int | None,
    path: str,
    timeout: float,
    *,
    steady: float = _STEADY_SECONDS,
) -> Readiness:
    """Wait for the first answer of ``path`` that is no server error.

    Without a path ``/`` is asked, of which nobody said that it has to be well: a server error
    will do when it stays for ``steady`` seconds. Without a port, a container is ready when it
    still runs after three seconds.
    """
    named, path = bool(path), path or "/"
    failing_since = 0.0
    begun = time.monotonic()
    looked = seconds = 0.0
    said = f"port {port} does not respond" if port else "it does not keep running"
    while seconds < timeout:
        address = _address(container, port) if port else None
        status = _status(address, port, path) if address and port else None
        seconds = time.monotonic() - begun
        if status is not None and status < _SERVER_ERROR:
            return Readiness(seconds=seconds)
        failing_since = (failing_since or seconds) if status else 0.0
        if not named and failing_since and seconds - failing_since >= steady:
            return Readiness(seconds=failing_since)
        said = f"{path} responds with {status}" if status else said
        if address is None or seconds - looked > _LOOK_SECONDS:
            looked = seconds
            state = container.state()
            if not state.running:
                said = f"it ended with {state.ending}"
                return Readiness(seconds=seconds, failure=said)
            if not port and seconds > _ALIVE_SECONDS:
                return Readiness(seconds=seconds)
        time.sleep(_POLL_SECONDS)
    return Readiness(seconds=timeout, failure=f"{said} within {timeout:g} seconds")


def _address(container: Container, port: int) -> tuple[str, int] | None:
    try:
        return container.address(port)
    except EngineError:
        return None


def _status(address: tuple[str, int], port: int, path: str) -> int | None:
    asked = {"Host": f"localhost:{port}"}
    answer = send(address, "GET", path, asked, timeout=_ALIVE_SECONDS, kept=0)
    return answer.status or None
