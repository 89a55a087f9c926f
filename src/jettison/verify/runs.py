"""What a run of the image before shows, and what further runs of an image add to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from msgspec import Struct

from jettison.engines import Container, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.images.config import SECOND
from jettison.images.stores.unpack import working_folder
from jettison.processes.concurrent import mapped
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify import batch
from jettison.verify.alone import waiting
from jettison.verify.commands import run_to_its_end
from jettison.verify.discover import Discovery, conversation, discover, session_with
from jettison.verify.exchange import SERVER_ERROR
from jettison.verify.first_process import listening
from jettison.verify.interior import ask, hooked, inquire, own_files, script_text
from jettison.verify.observation import Conversation, Observation, Setting, Trial, WorkerOutcome
from jettison.verify.observe import (
    ended,
    observe,
    options,
    reason_of,
    running,
    still_there,
    unready,
)
from jettison.verify.request import Worker
from jettison.verify.retries import further, joined
from jettison.verify.services import start

# So many pages tell whether an application works at all: where as large a share of them fails, it
# lacks something that whoever runs it knows of.
_FIRST_PAGES, _MOST = 12, 0.8
FAILS = "what it is asked fails with server errors alone"
# How long is waited for an answer on a port that nobody declares: it need not speak HTTP.
HTTP_SECONDS = 20.0


class Baseline(Struct, frozen=True, kw_only=True):
    """The image before as it was seen, and how to ask the same of another image."""

    observation: Observation
    conversation: Conversation


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


def begun(trial: Trial, stored: Future[Observation], *, failing: bool = False) -> Begun:
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
            ran = tuple(one.name for run in seen.ran for one in run)
            named = seen.exchanges if request.called else ()
            talk = replace(
                talk,
                steps=seen.steps,
                explores=False,
                touched=touched,
                commands=ran,
                called=tuple(one.name for one in named),
            )
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
    elif seen.failure:
        # the candidate may take minutes still
        trial.progress.begin("The baseline fails, and nothing will be compared")
        trial.progress.finish(seen.failure)
    elif talk.ends:
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
    if setting.request.called:
        return Discovery()
    if not setting.request.ports:
        return Discovery(why="the application listens on no port that is known")
    try:
        with running(setting) as run:
            if run.failure:
                return Discovery(unready=unready(run, setting))
            found = discover(run.container, setting)
            fails = not failing and _fails(run.container, setting, found)
            if failure := ended(run.container) or (fails and FAILS):
                return Discovery(unready=unready(replace(run, failure=failure), setting))
            return found
    except EngineError as failure:
        still_there(setting, failure)
        return Discovery(why=str(failure))


def _fails(container: Container, setting: Setting, found: Discovery) -> bool:
    """Whether an application fails whatever it is asked, by its first pages."""
    talk = conversation(found, setting.request, setting.engine.limits)
    session = session_with(container, setting.request, talk, HTTP_SECONDS)
    pages = [step for step in talk.steps if step.method == "GET"]
    statuses = [one.answer.status for one in session.exchanges(pages[:_FIRST_PAGES])]
    return sum(one >= SERVER_ERROR for one in statuses) > len(statuses) * _MOST


_ENDED = "it ended with status "


def is_command(failure: str, *, serves: bool, port: bool) -> bool:
    """Whether an image that did not become or stay ready is a command, which ends when it is done.

    A command may end with any status where it gets no arguments, settings or services; an image
    that should serve has failed then. Without a ``port`` it may count as ready for a while.
    """
    done = failure == f"{_ENDED}0" or (not port and failure.startswith(f"{_ENDED}0 "))
    return done or (failure.startswith(_ENDED) and not serves)


_FOLDER, _OUTPUT = "/jettison-coverage", "/jettison-executed"
_HOOK = "jettison_coverage.pth"
_NO_SITE = "no folder of distributions is known, which its Python reads"
_Lines = dict[str, tuple[int, int]]


def counted(setting: Setting, talk: Conversation, seen: Observation, site: str) -> Observation:
    """Run the image before once more, and add what that shows and which lines it executes.

    ``site`` is a folder of distributions that its Python reads ``.pth`` files of. Without a result
    ``missing`` says why; what is not the same while it is watched is run unwatched.
    """
    setting = replace(setting, run=1 + len(seen.reruns))
    if not site:
        return joined(_uncounted(seen, _NO_SITE), further(setting, talk))
    told: tuple[_Lines | None, str] = None, "it does not become ready while it is watched"

    def count(container: Container) -> None:
        nonlocal told
        try:
            asked = {**_own(setting), "counts": True}
            told = inquire(container, setting.facts, "executed", asked, _Lines)
        except (EngineError, ProgramError) as failure:
            told = None, str(failure)

    with _watched(setting, site) as own:
        other = further(setting, talk, own, count)
    return joined(_told(seen, *told), further(setting, talk) if other.failed_starts else other)


def counted_to_its_end(setting: Setting, seen: Observation, site: str) -> Observation:
    """Run the command of the image before once more, and add which lines it executes."""
    if not site:
        return _uncounted(seen, _NO_SITE)
    asked = {**_own(setting), "counts": True}
    try:
        with (
            _watched(setting, site) as own,
            waiting(setting.engine, setting.image, own, setting.words) as (container, python),
        ):
            run_to_its_end(container, python, setting)
            told = ask(container, python, "executed", asked, _Lines)
    except (EngineError, ProgramError) as failure:
        told = None, str(failure)
    return _told(seen, *told)


@contextmanager
def _watched(setting: Setting, site: str) -> Iterator[RunOptions]:
    """Give how the image is run while each Python of it notes the lines that it executes."""
    with working_folder() as place:
        own, text = options(setting), script_text("executed", _own(setting))
        binds = (*own.binds, *hooked(place, _FOLDER, _HOOK, site, text))
        yield replace(own, binds=binds, tmpfs=(*own.tmpfs, f"{_OUTPUT}:mode=1777"))


def _told(seen: Observation, counts: _Lines | None, why: str) -> Observation:
    return _uncounted(seen, why) if counts is None else replace(seen, executed=counts)


def _uncounted(seen: Observation, why: str) -> Observation:
    return replace(seen, missing={**seen.missing, "coverage": why})


def _own(setting: Setting) -> dict[str, Any]:
    """Say where the application lies, and where its lines are noted, which is not its own."""
    own = own_files(setting.facts)
    return {**own, "others": [*own["others"], _FOLDER, _OUTPUT], "output": _OUTPUT}


_POLL_SECONDS, _WATCHED_SECONDS, _LONG_WATCHED_SECONDS = 0.2, 8.0, 40.0


def worked(setting: Setting, seen: Observation, progress: Progress) -> Observation:
    """Add how each other command did to what was observed of an image that starts."""
    request = setting.request
    if not request.watched or seen.failure:
        return seen
    with step(progress, "Running its workers"):
        watch = partial(watched, setting)
        found = mapped(request.watched, watch, memory=seen.grown or 0)
    names = (one.name for one in request.watched)
    return replace(seen, workers=dict(zip(names, found, strict=True)))


def watched_on(setting: Setting, before: Observation, after: Observation) -> Observation:
    """Give a baseline whose workers were watched for long where the candidate's ended by a failure.

    On a busy machine they may only have begun to load what makes both fail.
    """
    found = {
        one.name: watched(setting, one, _LONG_WATCHED_SECONDS)
        for one in setting.request.watched
        if (had := before.workers.get(one.name)) and had.running
        if (has := after.workers.get(one.name)) and not has.running and has.status
    }
    return replace(before, workers={**before.workers, **found}) if found else before


def watched(setting: Setting, worker: Worker, seconds: float = 0.0) -> WorkerOutcome:
    """Start a worker with fresh services and look at it until it ends, or for some seconds."""
    own = replace(
        options(setting),
        ports=(),
        environment={**setting.request.environment, **worker.environment},
        entrypoint=worker.entrypoint,
        command=worker.command,
        working_directory=worker.directory,
    )
    try:
        with ExitStack() as stack:
            network = start(setting.engine, setting.request.services, stack)
            container = stack.enter_context(
                setting.engine.run(setting.image, replace(own, beside=network))
            )
            return _worker_outcome(container, seconds or _WATCHED_SECONDS)
    except EngineError as failure:
        still_there(setting, failure)
        said = reason_of(failure)
        return WorkerOutcome(running=False, status=-1, seconds=0.0, said=said)


def _worker_outcome(container: Container, longest: float) -> WorkerOutcome:
    begun = time.monotonic()
    seconds, state = 0.0, container.state()
    while state.running and seconds < longest:
        time.sleep(_POLL_SECONDS)
        seconds, state = time.monotonic() - begun, container.state()
    said = "".join(container.logs().strip().splitlines()[-1:])[:300]
    ports = tuple(sorted({number for number, _ in listening(state.process)}))
    return WorkerOutcome(
        running=state.running, status=state.exit_status, seconds=seconds, said=said, ports=ports
    )
