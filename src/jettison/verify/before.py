"""The image before: what it offers, and how it answers when nothing was taken."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct
from msgspec.structs import replace

from jettison.engines.engine import Engine
from jettison.errors import EngineError
from jettison.processes.concurrent import beside
from jettison.progress import Progress, step
from jettison.verify import batch
from jettison.verify.checks.check import made_from
from jettison.verify.coverage import with_coverage
from jettison.verify.discover import Discovery, discover
from jettison.verify.exchange.session import probe_steps
from jettison.verify.observation import Observation
from jettison.verify.observe import ended, observe, running, still_there, unready, with_workers
from jettison.verify.request import Conversation, Setting, VerificationRequest
from jettison.verify.second_look import again, setting_of
from jettison.verify.services import within_reach
from jettison.verify.suite import with_stored
from jettison.verify.workload.plan import workload


class Baseline(Struct, frozen=True, kw_only=True):
    """The image before as it was seen, and how to ask the same of another image."""

    observation: Observation
    conversation: Conversation


class Ahead(Struct, frozen=True, kw_only=True):
    """The image before as it was seen while the image after was still to be made.

    ``asked`` is what was asked of it, ``reached`` the same after services were tried.
    """

    asked: VerificationRequest
    reached: VerificationRequest
    baseline: Baseline

    def holds(self, request: VerificationRequest) -> bool:
        """Whether a request asks the image before the same, in the same way."""
        return _of_before(self.asked) == _of_before(request)

    def within_reach(self, request: VerificationRequest) -> VerificationRequest:
        """Give a request with what is known of services."""
        reached = self.reached
        return replace(request, companions=reached.companions, unreached=reached.unreached)


def look_ahead(request: VerificationRequest, engine: Engine, progress: Progress) -> Ahead:
    """Look at the image before while others are at work.

    Raises EngineError when one of the images of the request does not exist.
    """
    reached = within_reach(engine, request, progress)
    baseline = observe_before(reached, engine, progress)
    return Ahead(asked=request, reached=reached, baseline=baseline)


def _of_before(request: VerificationRequest) -> VerificationRequest:
    """What of a request shapes how the image before is run and asked."""
    blank = VerificationRequest(image_before="", image_after="")
    others = (
        "image_after", "read_only_after", "expected_read_only", "root_allowed", "read_only_volumes",
        "removed_distributions", "planned_environment", "planned_health_check",
        "installed_distributions", "expected_command", "expected_user", "labels", "suite", "strict",
        "trained", "withheld", "planned", "removed_files",
        "kept_out", "edited",
    )  # fmt: skip
    return replace(request, **{name: getattr(blank, name) for name in others})


class Begun(Struct, frozen=True, kw_only=True):
    """The image before after its first run, while what it holds may still be read.

    The image after can be asked the same from now on. ``whole`` tells that no more is to be seen.
    """

    baseline: Baseline
    stored: Future[Observation]
    whole: bool = False

    def commands(self) -> tuple[str, ...] | None:
        """Give the names of its commands that were run; None where they are not known."""
        stored = self.stored.result().stored
        return tuple(stored.commands) if stored else None


def observe_before(request: VerificationRequest, engine: Engine, progress: Progress) -> Baseline:
    """Find out what the image before offers, and run it twice to know what never repeats."""
    with beside() as pool:
        return finished(begun(request, engine, progress, pool), request, engine, progress)


def begun(
    request: VerificationRequest, engine: Engine, progress: Progress, pool: ThreadPoolExecutor
) -> Begun:
    """Find out what the image before offers, and run it once; read what it holds meanwhile."""
    setting, request = _as_before(request, engine)
    empty = Observation(facts=setting.facts)
    whole = made_from(setting.facts, engine.inspect(request.image_after))
    stored = pool.submit(with_stored, engine, setting.image, empty, whole=whole)
    with step(progress, "Finding what the application offers"):
        found = _discover(engine, setting, request)
    if found.unready and found.unready.failure == batch.ENDED:
        with step(progress, "Running the baseline to its end"):
            seen = batch.observed(engine, setting, request)
        baseline = Baseline(observation=seen, conversation=Conversation(ends=True))
        return Begun(baseline=baseline, stored=stored, whole=True)
    if found.unready:
        # it would not become ready the next time either
        baseline = Baseline(observation=found.unready, conversation=Conversation())
        return Begun(baseline=baseline, stored=stored, whole=True)
    with step(progress, "Running the baseline"):
        talk = _conversation(found, request)
        seen = observe(engine, setting, request, talk)
        touched = frozenset(seen.interior.touched) if seen.interior else frozenset()
        talk = replace(talk, steps=seen.steps, explores=False, touched=touched)
    if found.why:
        seen = replace(seen, missing={**seen.missing, "routes": found.why})
    return Begun(baseline=Baseline(observation=seen, conversation=talk), stored=stored)


def finished(
    first: Begun, request: VerificationRequest, engine: Engine, progress: Progress
) -> Baseline:
    """Run the image before once more, and once while its lines are counted."""
    setting, request = _as_before(request, engine)
    seen, talk = first.baseline.observation, first.baseline.conversation
    if not first.whole:
        with beside() as pool, step(progress, "Running the baseline again"):
            watched = pool.submit(_counted, engine, setting, request, talk, first.stored)
            seen = again(engine, setting, request, talk, seen)
            seen = worked(engine, setting, request, seen, progress)
        executed = watched.result()
        missing = {**executed.missing, **seen.missing}
        seen = replace(seen, executed=executed.executed, missing=missing)
    held = first.stored.result()
    seen = replace(seen, stored=held.stored, missing={**held.missing, **seen.missing})
    return replace(first.baseline, observation=seen)


def _as_before(request: VerificationRequest, engine: Engine) -> tuple[Setting, VerificationRequest]:
    setting = replace(setting_of(engine, request, request.image_before), watched=True)
    check = setting.facts.health_check
    return setting, patient(request, check.start_period if check else 0.0)


def _counted(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    talk: Conversation,
    stored: Future[Observation],
) -> Observation:
    held = stored.result().stored
    return with_coverage(engine, setting, request, talk, held.site if held else "")


def patient(request: VerificationRequest, seconds: float) -> VerificationRequest:
    """Give an image at least so many seconds to start."""
    return replace(request, startup_timeout=max(request.startup_timeout, seconds))


def worked(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    seen: Observation,
    progress: Progress,
) -> Observation:
    """Add how the other commands of an image do, where it has any."""
    if not request.workers:
        return seen
    with step(progress, "Running its workers"):
        return with_workers(engine, setting, request, seen)


def _discover(engine: Engine, setting: Setting, request: VerificationRequest) -> Discovery:
    """Ask a run of its own, because finding the routes imports the application once more."""
    if not request.ports:
        return Discovery(why="the application listens on no port that is known")
    try:
        with running(engine, setting, request) as run:
            if run.failure:
                return Discovery(unready=unready(run, setting))
            found = discover(run.container, setting, request)
            if failure := ended(run.container):
                return Discovery(unready=unready(replace(run, failure=failure), setting))
            return found
    except EngineError as failure:
        still_there(engine, setting.image)
        return Discovery(why=str(failure))


def _conversation(found: Discovery, request: VerificationRequest) -> Conversation:
    steps = workload(found.interface, request.credentials)
    return Conversation(
        steps=(*steps, *probe_steps(request.probes)),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
        languages=found.languages,
    )
