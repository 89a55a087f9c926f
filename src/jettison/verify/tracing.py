"""Run an image under the workload; read what it installed and note what it touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from msgspec import Raw, Struct, ValidationError, msgpack

from jettison.catalogue import fingerprint
from jettison.contents import KERNEL, METHOD, Installed, Trace
from jettison.contents.found import (
    imported_at_once,
    installed_in,
    libraries_named,
    sources_of,
)
from jettison.contents.image_files import ImageFiles
from jettison.contents.links import Links, links_of
from jettison.contents.reach import Observed, reached
from jettison.contents.standard_reach import reached_standard
from jettison.contents.started import Python, interpreters_of, python_of, scripts_of, started_words
from jettison.engines import Engine, ImageFacts, Network, RunOptions
from jettison.engines.measuring import read_image_files
from jettison.errors import EngineError, ProgramError
from jettison.formats.own_settings import Ask
from jettison.images.stores.cache import cache_directory
from jettison.images.stores.unpack import working_folder
from jettison.lift.stages import BuiltEnvironment, environment_of
from jettison.plan import Plan
from jettison.processes.concurrent import beside
from jettison.progress import Progress, step
from jettison.records import Records
from jettison.values import Skipped, converted, replace
from jettison.verify.batch import run_suite
from jettison.verify.calls import calls
from jettison.verify.discover import conversation, discover
from jettison.verify.interior import interior, interpreters, script_text
from jettison.verify.observation import Observation, Setting, Trial, health_path
from jettison.verify.observe import converse, running
from jettison.verify.readiness import health_command, run_health_command
from jettison.verify.request import VerificationRequest
from jettison.verify.runs import watched
from jettison.verify.services import within_reach
from jettison.verify.time_limit import timed
from jettison.verify.watching import WatchingEngine, hook_binds
from jettison.verify.workload.step import Training, training_of

# Each holds the sources of an environment; older ones go.
MOST = 8
_TIMEOUT = 900.0
_WAIT = "import time; time.sleep(86400)"


def read_installed(engine: Engine, image: str, facts: ImageFacts, environment: str) -> Installed:
    """Read the environment at ``environment`` and the application in the working directory.

    Raises EngineError when the image has no Python that starts.
    """
    asked = {"environment": environment, "folder": facts.working_directory}
    return installed_of(_answer(engine, image, facts, script_text("contents", asked)))


def _answer(engine: Engine, image: str, facts: ImageFacts, text: str) -> Mapping[str, Any]:
    """Give what a program of ours answers in an image; the same image need not be asked twice."""
    kept = Records(cache_directory() / "answers", most=MOST)
    # The image's own digest differs from run to run, by the label of what made it.
    settings = (facts.layers, facts.environment, facts.working_directory, facts.user, text)
    key = repr(settings)
    known = kept.kept(bytes, lambda: _asked(engine, image, facts, text), key)
    try:
        found = json.loads(known)
    except (ValueError, RecursionError) as wrong:
        raise EngineError("the environment could not be read", why=str(wrong)) from wrong
    return found if isinstance(found, dict) else {}


def _asked(engine: Engine, image: str, facts: ImageFacts, text: str) -> bytes:
    failure = ""
    for interpreter in interpreters(facts):
        entrypoint = (interpreter, "-c", _WAIT)
        options = RunOptions(network=Network.NONE, entrypoint=entrypoint)
        try:
            with engine.run(image, options) as container:
                done = container.execute((interpreter, "-B", "-c", text), timeout=_TIMEOUT)
        except EngineError as refused:
            failure = refused.why
            continue
        if done.status == 0:
            return done.stdout
        failure = done.error_text
    raise EngineError("the environment could not be read", why=failure[-500:])


def installed_of(answer: Mapping[str, Any]) -> Installed:
    """Read what ``inside/contents.py`` gives; EngineError for an answer of another shape."""
    try:
        return converted(answer, Installed)
    except ValidationError as wrong:
        raise EngineError("the environment could not be read", why=str(wrong)) from wrong


# So many modules are kept; when there are more, those that were not asked for go.
MOST_LINKS = 20_000
_LINKS = msgpack.Decoder(Links)
# What shapes them: the parser and its catalogue.
_SHAPING = (
    "catalogue/loaders.toml", "catalogue/library_modules.toml", "contents/links.py",
    "contents/attributes.py",
)  # fmt: skip


class KeptLinks:
    """Gives the links of sources, as they were kept or by parsing, and keeps what is new."""

    def __init__(self) -> None:
        self._records = Records(cache_directory() / "links", most=1)
        self._state = fingerprint(*_SHAPING)
        self._known = self._records.get(dict[bytes, Raw], self._state) or {}
        self._used: dict[bytes, Raw] = {}

    def read(self, source: bytes) -> Links:
        """Give what a module names."""
        key = hashlib.sha256(source).digest()
        packed = self._used.get(key) or self._known.get(key)
        if packed is None:
            packed = Raw(msgpack.encode(links_of(source)))
        self._used[key] = packed
        return _LINKS.decode(packed)

    def save(self) -> None:
        """Write what is known again when something was added."""
        if not self._used.keys() <= self._known.keys():
            kept = {**self._known, **self._used}
            self._records.put(kept if len(kept) <= MOST_LINKS else self._used, self._state)


class Traced(Struct, frozen=True, kw_only=True):
    """What an image has installed, what lies around that, and what of both was touched."""

    installed: Installed
    trace: Trace
    image: ImageFiles
    python: Python | None


def trace(
    request: VerificationRequest, environment: str, engine: Engine, progress: Progress
) -> Traced | Skipped:
    """Watch the image after under requests like those that will judge it, and its tests apart.

    ``environment`` is the folder of its Python environment, empty for the one that the interpreter
    of the start command has. Skipped says why nothing was learned:
    what was not seen to work tells nothing about what is not needed. TimeLimitError when it takes
    longer than the limits of the engine allow.
    """
    with timed(engine) as own:
        return _traced(request, environment, own, progress)


def _traced(
    request: VerificationRequest, environment: str, engine: Engine, progress: Progress
) -> Traced | Skipped:
    image = request.image_after
    facts = engine.inspect(image)
    trial = Trial(request=request, engine=engine, progress=progress)
    try:
        with step(progress, "Reading what is installed"):
            image_files = read_image_files(engine, image)
            config = image_files.config
            python = python_of(image_files, started_words(config))
            found = installed_in(image_files, python, config.working_directory)
            installed = read_installed(engine, image, facts, environment or found.site)
            installed = _with_sources(installed, image_files, found.versions)
        with working_folder() as folder:
            binds = hook_binds(folder, installed.site)
            watching = [WatchingEngine(engine, image, binds) for _ in range(2)]
            training = _watched_somehow(trial, facts, watching)
    except (EngineError, ProgramError) as failure:
        return Skipped(what="the trace", reason=f"{failure} {failure.why[-200:]}".strip())
    served, tested = (frozenset(each.noted) for each in watching)
    seen = Trace(
        served=served,
        tested=tested,
        method=f"{METHOD}{KERNEL if any(each.kernel_tells for each in watching) else ''}",
        trained=len(training.seen),
        withheld=tuple(f"{one.method} {one.path}" for one in training.withheld),
    )
    return Traced(installed=installed, trace=seen, image=image_files, python=python)


def _with_sources(
    installed: Installed, image: ImageFiles, versions: Mapping[str, str]
) -> Installed:
    """Add the sources, which are in the image's layers."""
    standard = installed.standard
    if standard is not None:
        own = sources_of(image, installed.library, standard.files)
        standard = replace(standard, sources=own)
    sources = sources_of(image, installed.site, installed.files)
    return replace(installed, sources=sources, standard=standard, versions=versions)


def _watched_somehow(trial: Trial, facts: ImageFacts, watching: list[WatchingEngine]) -> Training:
    """Watch the image in the first way in which it becomes ready. EngineError where it is none."""
    request = trial.request
    *ways, last = map(trial.asking, (request, *map(request.run_as, request.otherwise)))
    for way in ways:
        with suppress(EngineError):
            return _watch(within_reach(way), facts, watching)
    return _watch(within_reach(last), facts, watching)


def _watch(trial: Trial, facts: ImageFacts, watching: list[WatchingEngine]) -> Training:
    """Let the application and its tests run at the same time, each in a container of its own."""
    request = trial.request
    what = " and its tests" if request.suite else ""
    text = f"Watching what the application{what} touch{'' if what else 'es'}"
    with trial.step(text), beside() as workers:
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
    path = health_path(request, facts)
    setting = Setting(
        engine=engine, request=request, image=request.image_after, facts=facts, health_path=path
    )
    with running(setting) as run:
        if run.failure:
            raise EngineError("the image did not become ready while watched", why=run.failure)
        container = run.container
        if request.ports:
            found = discover(container, setting)
            training = training_of(found.interface)
            converse(container, setting, conversation(found, request, engine.limits, training))
        if request.called:
            calls(container, setting, training=True)
        command = health_command(setting.facts)
        if command:
            run_health_command(container, command)
        interior(container, facts, request, lists=False)
    for worker in request.workers:
        watched(setting, worker)
    return training


def observed(
    plan: Plan, request: VerificationRequest, engine: Engine, progress: Progress
) -> Observed | Skipped:
    """Watch the image that was built from ``plan``, and follow imports from what it touched."""
    where = environment_of(plan.project, plan.stage)
    path = where.path if isinstance(where, BuiltEnvironment) else ""
    seen = trace(request, path, engine, progress)
    if isinstance(seen, Skipped):
        return seen
    config, python = seen.image.config, seen.python
    with step(progress, "Following imports"):
        links = KeptLinks()
        reach = reached(seen.installed, seen.trace, plan.overrides.kept, links.read)
        asked = (override.text for override in plan.settings.overrides if override.ask is Ask.KEEP)
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
