"""The image before: what it offers, and how it answers when nothing was taken."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct

from jettison.engines import Container, Engine
from jettison.errors import EngineError
from jettison.images.config import SECOND
from jettison.progress import Progress
from jettison.values import replace
from jettison.verify import batch
from jettison.verify.absent_files import absent
from jettison.verify.batch import with_stored
from jettison.verify.checks.check import made_from
from jettison.verify.discover import Discovery, conversation, discover, session_with
from jettison.verify.observation import Conversation, Observation, Setting, Trial
from jettison.verify.observe import (
    ended,
    observe,
    running,
    still_there,
    unready,
)
from jettison.verify.own_runs import counted, counted_to_its_end, worked
from jettison.verify.request import VerificationRequest
from jettison.verify.services import NO_PORT, SPEAKS_HTTP2, TOO_LATE, within_reach
from jettison.verify.time_limit import TimedEngine

# Of values that an application may do without: those that its errors name, then more, then all.
_TRIES = 4
# So many pages tell whether an application works at all: where as large a share of them fails, it
# lacks something that whoever runs it knows of.
_FIRST_PAGES, _MOST = 12, 0.8
_SERVER_ERROR = 500
_FAILS = "what it is asked fails with server errors alone"
# How long is waited for an answer on a port that nobody declares: it need not speak HTTP.
_HTTP_SECONDS = 20.0


class Baseline(Struct, frozen=True, kw_only=True):
    """The image before as it was seen, and how to ask the same of another image."""

    observation: Observation
    conversation: Conversation


def _of_before(request: VerificationRequest) -> VerificationRequest:
    """What of a request shapes how the image before is run and asked."""
    blank = VerificationRequest(image_before="", image_after="")
    others = (
        "image_after", "read_only_after", "expected_read_only", "root_allowed", "read_only_volumes",
        "removed_distributions", "planned_environment", "planned_health_check",
        "installed_distributions", "expected_command", "expected_user", "labels", "suite", "strict",
        "trained", "withheld", "removed_files", "fewer_groups",
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


class Prefetched(Struct, frozen=True, kw_only=True):
    """The image before as it was seen while the image after was still to be made.

    ``asked`` is what was asked of it, ``reached`` the same after services were tried; ``whole`` is
    there once it was run again.
    """

    asked: VerificationRequest
    reached: VerificationRequest
    first: Begun
    whole: Future[Baseline]

    def holds(self, request: VerificationRequest) -> bool:
        """Whether a request asks the image before the same, in the same way."""
        return _of_before(self.asked) == _of_before(request)

    def within_reach(self, request: VerificationRequest) -> VerificationRequest:
        """Give a request with what is known of services."""
        return replace(request.run_as(self.reached), unreached=self.reached.unreached)


def prefetch(
    request: VerificationRequest, engine: Engine, progress: Progress, pool: ThreadPoolExecutor
) -> Prefetched:
    """Look at the image before while others are at work; the threads of a pool go on with it.

    Raises EngineError when one of the images of the request does not exist, and TimeLimitError as
    the future does when it takes too long.
    """
    own = TimedEngine(engine)
    trial = Trial(request=request, engine=own, progress=progress)
    try:
        reached, first = begun_somehow(within_reach(trial), pool)
        own.require_time()
    except BaseException:
        own.end()
        raise
    whole = pool.submit(_finished_in_time, first, reached, own)
    return Prefetched(asked=request, reached=reached.request, first=first, whole=whole)


def _finished_in_time(first: Begun, trial: Trial, engine: TimedEngine) -> Baseline:
    try:
        return finished(first, trial)
    finally:
        engine.end()
        engine.require_time()


def begun_somehow(trial: Trial, pool: ThreadPoolExecutor) -> tuple[Trial, Begun]:
    """Run the image before, in another way where it does not become ready, and tell which."""
    held = pool.submit(_held, trial)
    trial, first = _begun_with_absent(trial, held)
    declared = trial.request.serves
    if not declared and (elsewhere := _where_it_listens(trial, first, held)):
        return elsewhere
    if not first.baseline.observation.failure:
        return trial, first
    for way in _other_ways(trial.request, first.baseline.observation.failure):
        taken = way.wanted(first.baseline.observation.errors)
        for _ in range(_TRIES):
            tried = within_reach(trial.asking(way.with_samples(taken)))
            tried, found = _begun_with_absent(tried, held)
            if found.baseline.observation.failure.endswith(SPEAKS_HTTP2):
                tried = trial.asking(_without_requests(tried.request))
                found = _begun(tried, held)
            if not found.baseline.observation.failure:
                return tried, found
            if taken == way.optional:
                break
            more = taken | way.wanted(found.baseline.observation.errors)
            taken = more if more != taken else way.optional
    if declared and (elsewhere := _where_it_listens(trial, first, held)):
        return elsewhere
    if first.baseline.observation.failure == _FAILS:
        return trial, _begun(trial, held, failing=True)
    return trial, first


def _where_it_listens(
    trial: Trial, first: Begun, held: Future[Observation]
) -> tuple[Trial, Begun] | None:
    """Run the image before with the ports that it was seen to listen on; None where that fails."""
    request, listens = trial.request, first.baseline.observation.listens
    if not listens:
        return None
    how = f"on port {', '.join(map(str, listens))}, where it listens"
    # one that was given up for its time begins to listen late
    late = first.baseline.observation.failure.endswith(TOO_LATE)
    patience = request.startup_timeout if late else _HTTP_SECONDS
    way = replace(request, ports=listens, how=how, startup_timeout=patience)
    found = _begun(trial.asking(way), held)
    if found.baseline.observation.failure:
        return None
    return trial.asking(replace(way, startup_timeout=request.startup_timeout)), found


def _begun_with_absent(trial: Trial, held: Future[Observation]) -> tuple[Trial, Begun]:
    """Run the image before, with what its errors miss in place where that can be had.

    Whoever runs it mounts something there, which nothing of the project tells.
    """
    found = _begun(trial, held)
    for _ in range(_TRIES):
        seen = found.baseline.observation
        failed = seen.failure or found.baseline.conversation.ends
        missing = absent(trial, seen) if failed else None
        if not missing:
            break
        trial = trial.asking(missing.given(trial.request))
        found = _begun(trial, held)
    return trial, found


def _other_ways(request: VerificationRequest, failure: str) -> list[VerificationRequest]:
    """Give how else to run what failed in one way, the likeliest first."""
    if failure.endswith(SPEAKS_HTTP2):
        return [_without_requests(request)]
    ways = [
        replace(
            request.run_as(one),
            made=request.made,
            mounted={**request.mounted, **one.mounted},
        )
        for one in request.otherwise
    ]
    # what runs lacks no value of a variable
    return sorted(ways, key=lambda way: bool(way.samples)) if failure == NO_PORT else ways


def _without_requests(request: VerificationRequest) -> VerificationRequest:
    """Give the way to run a server of gRPC, which is sent no requests."""
    more = f"{request.how}, " if request.how else ""
    how = f"{more}without requests, as port {request.ports[0]} {SPEAKS_HTTP2}"
    return replace(request, ports=(), how=how)


def _held(trial: Trial) -> Observation:
    """Read what the image before holds, in whichever way it is run."""
    own, other = trial.before(), trial.after()
    return with_stored(own, whole=made_from(own.facts, other.facts))


def _begun(trial: Trial, stored: Future[Observation], *, failing: bool = False) -> Begun:
    """Find out what the image before offers, and run it once.

    With ``failing`` it is asked more also where all that it is asked first fails.
    """
    setting, request = _as_before(trial), trial.request
    with trial.step("Finding what the application offers"):
        found = _discover(setting, failing=failing)
    seen, talk, whole = found.unready, Conversation(), True
    if seen is None:
        with trial.step("Running the baseline"):
            talk = conversation(found, request, setting.engine.limits)
            seen = observe(setting, talk)
            touched = frozenset(seen.interior.touched) if seen.interior else frozenset()
            talk = replace(talk, steps=seen.steps, explores=False, touched=touched)
        # it would not become ready the next time either
        whole = bool(seen.failure)
        if found.why:
            seen = replace(seen, missing={**seen.missing, "routes": found.why})
    # only a run tells of one without a port whether it is a server
    command = is_command(seen.failure, serves=request.serves, port=bool(request.ports))
    if command and (found.unready or not request.ports):
        with trial.step("Running the baseline to its end"):
            seen = batch.observed(setting)
        talk, whole = Conversation(ends=True), True
    return Begun(baseline=Baseline(observation=seen, conversation=talk), stored=stored, whole=whole)


def finished(first: Begun, trial: Trial) -> Baseline:
    """Run the image before once more, while its lines are counted."""
    setting = _as_before(trial)
    seen, talk = first.baseline.observation, first.baseline.conversation
    held = first.stored.result()
    site = held.stored.site if held.stored else ""
    if not first.whole:
        with trial.step("Running the baseline again"):
            seen = counted(setting, talk, seen, site)
            seen = worked(setting, seen, trial.progress)
    elif talk.ends and not seen.failure:
        with trial.step("Running the baseline to its end once more"):
            seen = counted_to_its_end(setting, seen, site)
    seen = replace(seen, stored=held.stored, missing={**held.missing, **seen.missing})
    return replace(first.baseline, observation=seen)


def _as_before(trial: Trial) -> Setting:
    setting = trial.before()
    check = setting.facts.health_check
    patient = setting.request.patient(check.start_period / SECOND if check else 0.0)
    return replace(setting, request=patient, watched=True)


def _discover(setting: Setting, *, failing: bool) -> Discovery:
    """Ask a run of its own, because finding the routes imports the application once more."""
    if not setting.request.ports:
        return Discovery(why="the application listens on no port that is known")
    try:
        with running(setting) as run:
            if run.failure:
                return Discovery(unready=unready(run, setting))
            found = discover(run.container, setting)
            fails = not failing and _fails(run.container, setting, found)
            if failure := ended(run.container) or (fails and _FAILS):
                return Discovery(unready=unready(replace(run, failure=failure), setting))
            return found
    except EngineError as failure:
        still_there(setting, failure)
        return Discovery(why=str(failure))


def _fails(container: Container, setting: Setting, found: Discovery) -> bool:
    """Whether an application fails whatever it is asked, by its first pages."""
    talk = conversation(found, setting.request, setting.engine.limits)
    session = session_with(container, setting.request, talk, _HTTP_SECONDS)
    pages = [step for step in talk.steps if step.method == "GET"]
    statuses = [one.answer.status for one in session.exchanges(pages[:_FIRST_PAGES])]
    return sum(one >= _SERVER_ERROR for one in statuses) > len(statuses) * _MOST


_ENDED = "it ended with status "


def is_command(failure: str, *, serves: bool, port: bool) -> bool:
    """Whether an image that did not become or stay ready is a command, which ends when it is done.

    A command may end with any status where it gets no arguments, settings or services; an image
    that should serve has failed then. Without a ``port`` it may count as ready for a while.
    """
    done = failure == f"{_ENDED}0" or (not port and failure.startswith(f"{_ENDED}0 "))
    return done or (failure.startswith(_ENDED) and not serves)
