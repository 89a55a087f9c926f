"""Runs an image under the workload of verification and notes what it touches."""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from jettison.contents.environment import KERNEL, METHOD, Installed, Trace
from jettison.contents.found import (
    imported_at_once,
    installed_in,
    interpreters_of,
    libraries_named,
    python_of,
    scripts_of,
    started_words,
)
from jettison.contents.image import ImageFiles
from jettison.contents.reach import Observed, reached
from jettison.contents.standard_reach import reached_standard
from jettison.engines.engine import Engine, ImageFacts
from jettison.errors import EngineError
from jettison.formats.settings import Ask
from jettison.lift.environment import BuiltEnvironment, environment_of
from jettison.plan.plan import Plan
from jettison.processes.concurrent import beside
from jettison.progress import Progress, step
from jettison.values import Skipped
from jettison.verify.discover import Discovery, discover
from jettison.verify.exchange.session import probe_steps
from jettison.verify.health import health_command, health_path, run_health_command
from jettison.verify.interior import find_interpreter, interior
from jettison.verify.observation import Observation
from jettison.verify.observe import converse, running, with_workers
from jettison.verify.request import Conversation, Setting, VerificationRequest
from jettison.verify.services import within_reach
from jettison.verify.suite import run_suite
from jettison.verify.trace.image_files import read_image_files
from jettison.verify.trace.reading import KeptLinks, read_installed
from jettison.verify.trace.watching import WatchingEngine, write_hook
from jettison.verify.workload.plan import workload
from jettison.verify.workload.training import Training, training_of


class Traced(Struct, frozen=True, kw_only=True):
    """What an image has installed, what lies around that, and what of both was touched."""

    installed: Installed
    trace: Trace
    image: ImageFiles


def trace(
    request: VerificationRequest, environment: str, engine: Engine, progress: Progress
) -> Traced | Skipped:
    """Watch the image after under requests like those that will judge it, and its tests apart.

    ``environment`` is the folder of its Python environment, empty for the one that the interpreter
    of the start command has. Skipped says why nothing was learned:
    what was not seen to work tells nothing about what is not needed.
    """
    image = request.image_after
    request = within_reach(engine, request, progress)
    facts = engine.inspect(image)
    try:
        with step(progress, "Reading what is installed"):
            image_files = read_image_files(engine, image)
            config = image_files.config
            python = python_of(image_files, started_words(config))
            found = installed_in(image_files, python, config.working_directory)
            installed = read_installed(engine, image, facts, environment or found.site)
            installed = replace(installed, versions=found.versions)
        with tempfile.TemporaryDirectory(prefix="jettison-trace-") as name:
            write_hook(Path(name))
            watching = [WatchingEngine(engine, image, installed.site, Path(name)) for _ in range(2)]
            training = _watch(request, facts, watching, progress)
    except EngineError as failure:
        return Skipped(what="the trace", reason=f"{failure} {failure.why[-200:]}".strip())
    served, tested = (frozenset(each.noted) for each in watching)
    seen = Trace(
        served=served,
        tested=tested,
        method=f"{METHOD}{KERNEL if any(each.kernel_tells for each in watching) else ''}",
        trained=len(training.seen),
        withheld=tuple(f"{one.method} {one.path}" for one in training.withheld),
    )
    return Traced(installed=installed, trace=seen, image=image_files)


def _watch(
    request: VerificationRequest,
    facts: ImageFacts,
    watching: list[WatchingEngine],
    progress: Progress,
) -> Training:
    """Let the application and its tests run at the same time, each in a container of its own."""
    what = " and its tests" if request.suite else ""
    with (
        step(progress, f"Watching what the application{what} touch{'' if what else 'es'}"),
        beside() as workers,
    ):
        serving = workers.submit(_serve, request, facts, watching[0])
        testing = (
            workers.submit(run_suite, watching[1], request, Observation(facts=facts))
            if request.suite
            else None
        )
        training = serving.result()
        if testing:
            testing.result()
    return training


def _serve(request: VerificationRequest, facts: ImageFacts, engine: WatchingEngine) -> Training:
    """Send a container what verification sends, but for what is withheld, with other values."""
    training = Training()
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
            training = training_of(found.interface)
            converse(container, setting, request, _conversation(found, request, training))
        command = health_command(request, setting.facts)
        if command:
            run_health_command(container, command)
        interpreter = find_interpreter(container, setting.facts)
        if interpreter:
            interior(container, interpreter, request, lists=False)
    with_workers(engine, setting, request, Observation(facts=facts))
    return training


def _conversation(
    found: Discovery, request: VerificationRequest, training: Training
) -> Conversation:
    return Conversation(
        steps=(*workload(found.interface, request.credentials), *probe_steps(request.probes)),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
        languages=found.languages,
        training=training,
    )


def observed(
    plan: Plan, request: VerificationRequest, engine: Engine, progress: Progress
) -> Observed | Skipped:
    """Watch the image that was built from ``plan``, and follow imports from what it touched."""
    where = environment_of(plan.project, plan.stage)
    path = where.path if isinstance(where, BuiltEnvironment) else ""
    seen = trace(request, path, engine, progress)
    if isinstance(seen, Skipped):
        return seen
    config = seen.image.config
    python = python_of(seen.image, started_words(config))
    with step(progress, "Following imports"):
        links = KeptLinks()
        reach = reached(seen.installed, seen.trace, plan.wishes.kept, links.read)
        asked = (wish.text for wish in plan.settings.wishes if wish.ask is Ask.KEEP)
        standard = reached_standard(seen.installed, seen.trace, reach, asked, links.read)
        links.save()
    return Observed(
        installed=seen.installed,
        trace=seen.trace,
        reach=reach,
        standard=standard,
        system=seen.image.system,
        python=python.program if python else "",
        interpreters=interpreters_of(seen.image, python),
        libraries=dict(libraries_named(seen.installed)),
        at_once=frozenset(imported_at_once(seen.installed)),
        scripts=scripts_of(seen.image, started_words(config)),
        config=config,
    )
