"""Runs an image once and writes down what it shows."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from jettison.engines import Bind, Container, RunOptions
from jettison.errors import EngineError, FullEngineError
from jettison.values import replace
from jettison.verify import LIMITED
from jettison.verify.calls import calls
from jettison.verify.checks.check import kinds_of
from jettison.verify.commands import run_beside
from jettison.verify.discover import make_superuser, session_with
from jettison.verify.exchange import Exchange, carry_out
from jettison.verify.first_process import listening
from jettison.verify.interior import HOST_NAME, interior, of_the_system, written_files
from jettison.verify.observation import Conversation, Observation, Setting, Start
from jettison.verify.readiness import health_command, run_health_command, wait_until_ready
from jettison.verify.request import VerificationRequest
from jettison.verify.services import start
from jettison.verify.time_limit import on_this_machine
from jettison.verify.variables import errors_of
from jettison.verify.watching import FileEvents, file_events
from jettison.verify.workload.plan import routes_of
from jettison.verify.workload.step import Step

# How many times what the requests of the first run may take those have that repeat them.
_PATIENCE = 5
# What it has to end after it was asked to.
GRACE_SECONDS = 5.0
# By which sets of texts are in another order (docs.python.org, "Command line and environment").
_SEED = "PYTHONHASHSEED"
# What a second start has, also by the time that the first one took.
_AGAIN, _AGAIN_FACTOR = 15.0, 6
# When an image that listens elsewhere is given up, also by the time that the other one took.
_ELSEWHERE, _ELSEWHERE_FACTOR = 15.0, 6
_LAST_LINES = 5  # of a log without an exception


class Running(Struct, frozen=True, kw_only=True):
    """A started container; ``failure`` is empty when it became ready after ``seconds``.

    ``events`` tell which files it opens, where it is watched and that can be seen.
    """

    container: Container
    seconds: float
    failure: str
    events: FileEvents | None = None

    def opened(self) -> frozenset[str] | None:
        """Give the files that were opened up to now; no more are noted."""
        return self.events.close() if self.events else None


@contextmanager
def running(setting: Setting, started_with: RunOptions | None = None) -> Iterator[Running]:
    """Start the image with fresh services and volumes, and wait until it is ready.

    ``started_with`` replaces the usual options. EngineError when it cannot be started at all.
    """
    request = setting.request
    with ExitStack() as stack:
        network = start(setting.engine, request.services, stack)
        own = replace(started_with or options(setting), beside=network)
        container = stack.enter_context(setting.engine.run(setting.image, own))
        events = file_events(container.state().process) if setting.watched else None
        if events:
            stack.callback(events.close)
        port = request.ports[0] if request.ports else None
        alone = not request.services
        late = max(_ELSEWHERE, _ELSEWHERE_FACTOR * setting.usual)
        late = late if alone and setting.usual else math.inf
        guess = alone and not request.serves
        late = min(late, _ELSEWHERE) if guess else late
        path, timeout = setting.health_path, on_this_machine(request.startup_timeout)
        ready = wait_until_ready(
            container, port, path, timeout, late=late, guess=guess, alone=alone
        )
        yield Running(
            container=container, seconds=ready.seconds, failure=ready.failure, events=events
        )


def options(setting: Setting) -> RunOptions:
    """Give how a container of the image is started."""
    request = setting.request
    return RunOptions(
        ports=request.ports,
        environment={**_circumstances(setting), **request.environment},
        entrypoint=request.entrypoint,
        command=request.command,
        working_directory=request.directory,
        volumes=_volumes(request, read_only=setting.read_only),
        tmpfs=tmpfs(request, read_only=setting.read_only),
        binds=tuple(Bind(source=Path(one), target=to) for to, one in request.mounted.items()),
        read_only=setting.read_only,
        hardened=setting.read_only,
        alias=HOST_NAME,
    )


def _volumes(request: VerificationRequest, *, read_only: bool) -> tuple[str, ...]:
    """Give the folders to mount, each once: what the plan keeps writable may be a volume anyway."""
    further = request.read_only_volumes if read_only else ()
    mounted = {*request.empty, *request.tmpfs}
    wanted = (path for path in further if path not in mounted)
    known = dict.fromkeys((*request.volumes, *wanted))
    return tuple(path for path in known if path not in request.mounted)


def _circumstances(setting: Setting) -> dict[str, str]:
    """Give what differs between runs of one image, and is alike in the same run of both.

    Each run has a host name, an outer port and a time of its own anyway.
    """
    known = dict(setting.facts.environment)
    return {} if _SEED in known else {_SEED: str(setting.run + 1)}


def tmpfs(request: VerificationRequest, *, read_only: bool) -> tuple[str, ...]:
    """Give the folders in memory: those that start empty, and others below a read-only root."""
    return (
        *(f"{target}:mode=1777" for target in request.empty),
        *(request.tmpfs if read_only else ()),
    )


def started(setting: Setting) -> tuple[tuple[Start, ...], str]:
    """Start the image, and stop it; when it fails, nothing and why. Why memory is unknown, too."""
    begun = time.time()
    try:
        with running(setting) as run:
            if run.failure:
                return (), run.failure
            memory, why = _memory(run.container)
            command = health_command(setting.facts)
            health = run_health_command(run.container, command) if command else None
            stopped = run.container.stop(grace=GRACE_SECONDS)
            again = _restarted(run, setting)
            log = kinds_of(*run.container.streams())
            left = written_files(run.container, setting.facts, setting.request, begun)
            known = next(iter(left), None) if again == "" else None
            start = Start(seconds=run.seconds, memory=memory, health=health, stopped=stopped)
            return (replace(start, log=log, again=again, left=known),), why
    except EngineError as failure:
        still_there(setting, failure)
        return (), reason_of(failure)


def _restarted(run: Running, setting: Setting) -> str | None:
    """Start a stopped container once more, and say why it does not become ready; None without."""
    try:
        run.container.restart()
    except EngineError:
        return None
    port = next(iter(setting.request.ports), None)
    timeout = max(_AGAIN, _AGAIN_FACTOR * run.seconds)
    return wait_until_ready(run.container, port, setting.health_path, timeout).failure


def still_there(setting: Setting, failure: EngineError) -> None:
    """Raise EngineError when it was not the image that failed, but the engine."""
    if isinstance(failure, FullEngineError):
        raise failure
    try:
        setting.engine.inspect(setting.image)
    except EngineError as gone:
        raise EngineError(
            "the engine stopped answering while images were run",
            why=gone.why or str(gone),
            hint="Start it and try again. What it still holds of this run is listed by "
            "`docker ps --all --filter label=dev.jettison.run` (or `podman`).",
        ) from gone


def observe(setting: Setting, talk: Conversation) -> Observation:
    """Run the image, ask everything, and stop it."""
    try:
        with running(setting) as run:
            if run.failure:
                return unready(run, setting)
            return _look(run, setting, talk)
    except EngineError as failure:
        still_there(setting, failure)
        return Observation(facts=setting.facts, failure=reason_of(failure))


def unready(run: Running, setting: Setting) -> Observation:
    """Give what is known of an image that was started and did not become or stay ready."""
    request, logs = setting.request, run.container.logs()
    lines = (line.strip()[:300] for line in logs.splitlines() if line.strip())
    errors = errors_of(logs) or tuple(lines)[-_LAST_LINES:]
    found = _listens(run.container) if request.ports and not request.services else ()
    listens = found if set(request.ports).isdisjoint(found) else ()
    return Observation(facts=setting.facts, failure=run.failure, errors=errors, listens=listens)


def ended(container: Container) -> str:
    """Say how a container has ended that was ready; nothing while it runs."""
    state = container.state()
    if state.running:
        return ""
    why = f": {state.error}" if state.error else ""
    return f"it ended with status {state.exit_status} after its first response{why}"


def _look(run: Running, setting: Setting, talk: Conversation) -> Observation:
    request, container = setting.request, run.container
    missing: dict[str, str] = {}
    steps, exchanges, unsent = converse(container, setting, talk)
    if request.called:
        exchanges, why = calls(container, setting, talk.called)
        missing |= {"routes": why} if why else {}
    # what is asked of the inside opens files too
    opened = run.opened()
    grown = _memory(container)[0] if steps else None
    if unsent or talk.fewer:
        missing["unsent"] = _limited(setting, talk, steps, unsent)
    touched = talk.touched if talk.touched is not None else of_the_system(opened, setting.facts)
    inner, why = interior(container, setting.facts, request, touched, run.seconds)
    if inner is None:
        missing["interior"] = why
    if failure := ended(container):
        return unready(replace(run, failure=failure), setting)
    streams = container.streams()
    return Observation(
        facts=setting.facts,
        seconds=run.seconds,
        interior=inner,
        steps=steps,
        exchanges=exchanges,
        errors=errors_of("\n".join(streams)),
        logs=(kinds_of(*streams),),
        wrote=(frozenset(inner.written),) if inner else (),
        opened=opened,
        grown=grown,
        listens=() if request.ports or request.services else _listens(container),
        ran=run_beside(container, setting, talk, run.seconds),
        missing=missing,
    )


def _limited(setting: Setting, talk: Conversation, sent: tuple[Step, ...], unsent: int) -> str:
    """Say how much of what the application offers was asked, and by which limits no more."""
    limits = setting.engine.limits
    asked = len(routes_of(talk.steps) & routes_of(sent))
    said = f"{unsent:,} requests more were not sent"
    if talk.routes:
        said = f"{asked:,} of {talk.routes:,} routes were requested"
        said += ", of each kind some" if asked < talk.routes else ", in fewer ways"
    numbers = f"{limits.requests:,} requests (--request-limit)" if talk.fewer else ""
    seconds = f"{limits.request_seconds:g} s (--request-time)" if unsent else ""
    return f"{said}{LIMITED}{' and of '.join(filter(None, (numbers, seconds)))}"


def _listens(container: Container) -> tuple[int, ...]:
    """Give the ports on which it is reached from outside, where that can be seen.

    If there are none, those of the loopback: a relay may reach them.
    """
    found = listening(container.state().process)
    wide = sorted(number for number, alone in found if not alone)
    return tuple(wide or sorted(number for number, _ in found))


def _memory(container: Container) -> tuple[int | None, str]:
    """Give the memory in use, or why the engine cannot tell it: it may not see control groups."""
    try:
        return container.memory(), ""
    except EngineError as failure:
        return None, reason_of(failure)


def converse(
    container: Container, setting: Setting, talk: Conversation
) -> tuple[tuple[Step, ...], tuple[Exchange, ...], int]:
    """Send the steps to a container that is ready.

    Gives all that were sent, the answers, and how many there was no time for.
    """
    request = setting.request
    if not request.ports:
        return (), (), 0
    seconds = setting.engine.limits.request_seconds * (1 if talk.explores else _PATIENCE)
    session = session_with(container, request, talk, seconds or math.inf)
    first = (make_superuser(container, setting),) if talk.superuser else ()
    doubtful = frozenset(number - len(first) for number in talk.doubtful)
    if talk.explores:
        steps, exchanges = session.explore(talk.steps)
    else:
        steps, exchanges = talk.steps, tuple(session.exchanges(talk.steps, doubtful))
    address = container.address(request.ports[0])
    own = (carry_out(command, address) for command in request.commands)
    sent = len(exchanges)
    return steps[:sent], (*first, *exchanges, *own), len(steps) - sent


def reason_of(failure: EngineError) -> str:
    """Say in one line why an engine could not do something."""
    said = failure.why.strip().splitlines()
    return (said[-1] if said else failure.what)[:500]
