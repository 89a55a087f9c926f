"""Runs an image under the workload of verification and notes what it touches."""

from __future__ import annotations

import tempfile
from concurrent.futures import Future, wait
from pathlib import Path

from msgspec import Struct

from jettison.beside import beside
from jettison.engines.engine import Engine, ImageFacts
from jettison.errors import EngineError
from jettison.installed.environment import Installed
from jettison.installed.image import ImageFiles
from jettison.progress import Progress, step
from jettison.trace.image_files import read_image_files
from jettison.trace.reading import read_installed
from jettison.trace.values import KERNEL, METHOD, Trace
from jettison.trace.watching import WatchingEngine, write_hook
from jettison.values import Skipped
from jettison.verify.companions import within_reach
from jettison.verify.discover import discover
from jettison.verify.exchange.session import probe_steps
from jettison.verify.health import health_command, health_path, run_health_command
from jettison.verify.interior import find_interpreter, interior
from jettison.verify.observation import Observation
from jettison.verify.observe import converse, running
from jettison.verify.request import VerificationRequest
from jettison.verify.setting import Conversation, Setting
from jettison.verify.suite import run_suite
from jettison.verify.workers import with_workers
from jettison.verify.workload.plan import workload


class Traced(Struct, frozen=True, kw_only=True):
    """What an image has installed, what lies around that, and what of both was touched."""

    installed: Installed
    trace: Trace
    image: ImageFiles


def trace(
    request: VerificationRequest, environment: str, engine: Engine, progress: Progress
) -> Traced | Skipped:
    """Watch the image after: the workload first, then the project's own tests.

    ``environment`` is the folder of its Python environment. Skipped says why nothing was learned:
    what was not seen to work tells nothing about what is not needed.
    """
    image = request.image_after
    request = within_reach(engine, request, progress)
    facts = engine.inspect(image)
    try:
        with step(progress, "Reading what is installed"):
            installed = read_installed(engine, image, facts, environment)
            image_files = read_image_files(engine, image)
        with tempfile.TemporaryDirectory(prefix="jettison-trace-") as name:
            write_hook(Path(name))
            watching = [WatchingEngine(engine, image, installed.site, Path(name)) for _ in range(2)]
            _watch(request, facts, watching, progress)
    except EngineError as failure:
        return Skipped(what="the trace", reason=f"{failure} {failure.why[-200:]}".strip())
    served, tested = (frozenset(each.noted) for each in watching)
    told = KERNEL if any(each.kernel_tells for each in watching) else ""
    seen = Trace(served=served, tested=tested, method=f"{METHOD}{told}")
    return Traced(installed=installed, trace=seen, image=image_files)


def _watch(
    request: VerificationRequest,
    facts: ImageFacts,
    watching: list[WatchingEngine],
    progress: Progress,
) -> None:
    """Let the application and its tests run at the same time, each in a container of its own."""
    what = " and its tests" if request.suite else ""
    with (
        step(progress, f"Watching what the application{what} touch{'' if what else 'es'}"),
        beside() as workers,
    ):
        runs: list[Future[object]] = [workers.submit(_serve, request, facts, watching[0])]
        if request.suite:
            runs.append(workers.submit(run_suite, watching[1], request, Observation(facts=facts)))
        wait(runs)
        for run in runs:
            run.result()


def _serve(request: VerificationRequest, facts: ImageFacts, engine: WatchingEngine) -> None:
    """Ask a container everything that verification asks."""
    setting = Setting(
        image=request.image_after, facts=facts, health_path=health_path(request, facts)
    )
    with running(engine, setting, request) as run:
        if run.failure:
            raise EngineError(
                "the image did not become ready while it was watched", why=run.failure
            )
        container = run.container
        if request.ports:
            found = discover(container, setting, request)
            talk = Conversation(
                steps=(
                    *workload(found.interface, request.credentials),
                    *probe_steps(request.probes),
                ),
                token_scheme=found.interface.token_scheme,
                explores=True,
                superuser=found.superuser,
            )
            converse(container, setting, request, talk)
        command = health_command(request, setting.facts)
        if command:
            run_health_command(container, command)
        interpreter = find_interpreter(container, setting.facts)
        if interpreter:
            interior(container, interpreter, request)
    with_workers(engine, setting, request, Observation(facts=facts))
