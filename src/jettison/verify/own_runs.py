"""Runs beside those that requests go to: of the other commands, and of lines that are noted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from jettison.engines import Container, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.images.stores.unpack import working_folder
from jettison.processes.concurrent import mapped
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify.batch import run_to_its_end, waiting
from jettison.verify.first_process import listening
from jettison.verify.interior import ask, hooked, inquire, own_files, script_text
from jettison.verify.observation import Conversation, Observation, Setting, WorkerOutcome
from jettison.verify.observe import options, reason_of, still_there
from jettison.verify.request import Worker
from jettison.verify.retries import further, joined
from jettison.verify.services import start

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
