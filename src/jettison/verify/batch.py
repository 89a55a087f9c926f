"""Runs beside the requests: commands that end, and the tests of the project."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from typing import IO, Any, TypeVar

from jettison.engines import Container, Engine, Network, RunOptions, Stopped
from jettison.errors import EngineError, ProgramError
from jettison.processes import Completed
from jettison.processes.concurrent import both
from jettison.values import replace
from jettison.verify import Outcome
from jettison.verify.alone import ask_alone, waiting
from jettison.verify.application import find_application, words_of
from jettison.verify.checks.check import kinds_of
from jettison.verify.checks.process import compare_signals
from jettison.verify.commands import exchanges_of, run_to_its_end
from jettison.verify.interior import (
    ask,
    interior,
    own_files,
    script_text,
)
from jettison.verify.observation import (
    Conversation,
    Observation,
    Setting,
    Stored,
    SuiteOutcome,
    Trial,
    words_started,
)
from jettison.verify.observe import GRACE_SECONDS, options, tmpfs
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.retries import decided, doubtful, joined
from jettison.verify.variables import errors_of

Answer = TypeVar("Answer")
_OVERLAY = "/jettison"
_LINES_KEPT, _TRANSFER_TIMEOUT, _SUITE_SECONDS = 40, 180.0, 600.0
# Names of Debian's packages (Debian Policy, 5.6.1).
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")


def run_suite(engine: Engine, request: VerificationRequest, after: Observation) -> Observation:
    """Add the outcome of the suite to what was observed, or why it could not be run."""
    suite = request.suite
    if suite is None:
        return after
    try:
        outcome = _outcome(engine, request, suite, after)
    except (EngineError, ProgramError) as failure:
        why = f"the test suite could not be run: {failure} {failure.why[-200:]}"
        return replace(after, missing={**after.missing, "suite": why})
    return replace(after, suite=outcome)


def suite_runs_alike(one: VerificationRequest, other: VerificationRequest) -> bool:
    """Whether the suite is run in the same way by two requests of the same images."""
    names = ("environment", "volumes", "empty", "tmpfs", "read_only_after", "suite")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _outcome(
    engine: Engine, request: VerificationRequest, suite: Suite, after: Observation
) -> SuiteOutcome:
    options = RunOptions(
        network=Network.NONE,
        environment=request.environment,
        volumes=request.volumes,
        tmpfs=(*tmpfs(request, read_only=True), f"{_OVERLAY}:exec,mode=1777"),
        read_only=request.read_only_after,
        hardened=request.read_only_after,
    )
    directory = suite.working_directory or after.facts.working_directory or "/"
    words = words_started(request, after.facts)
    with waiting(engine, request.image_after, options, words) as (container, interpreter):
        library, _ = ask(container, interpreter, "lists", {"list": "library"}, list[str])
        present, why = ask(container, interpreter, "lists", {"list": "distributions"}, list[str])
        if present is None:
            raise EngineError("the distributions of the image could not be listed", why=why)
        with tempfile.TemporaryFile(prefix="jettison-tests-") as packed:
            lists = {"present": tuple(present), "library": library}
            _pack(engine, suite, words, lists, packed)
            packed.seek(0)
            _unpack(container, interpreter, directory, packed)
        done = container.execute(
            _in_folder(interpreter, f"{_OVERLAY}{directory}", suite.command),
            environment={"PYTHONPATH": f"{_OVERLAY}/.boot"},
            timeout=_SUITE_SECONDS,
        )
    # Test runners sum up on standard output; what is on standard error comes before.
    lines = "\n".join((done.error_text, done.text)).strip().splitlines()
    return SuiteOutcome(status=done.status, lines=tuple(lines[-_LINES_KEPT:]))


def _pack(
    engine: Engine,
    suite: Suite,
    words: tuple[str, ...],
    lists: Mapping[str, Any],
    packed: IO[bytes],
) -> None:
    """Take tests, tools, and what the image after lacks of the library from the suite's image.

    ``lists`` are what the image after has: its distributions, and of the library.
    """
    options = RunOptions(network=Network.NONE, working_directory=suite.working_directory)
    asked = {"distributions": suite.distributions, "paths": suite.paths, **lists}
    with waiting(engine, suite.image, options, words) as (container, interpreter):
        pack = (interpreter, "-B", "-c", script_text("overlay", asked))
        done = container.execute(pack, into=packed, timeout=_TRANSFER_TIMEOUT)
        _require(done, "the test tools could not be read")


def _unpack(container: Container, interpreter: str, directory: str, packed: IO[bytes]) -> None:
    asked = {"overlay": _OVERLAY, "working_directory": directory, "boot": script_text("boot", None)}
    unpack = (interpreter, "-B", "-c", script_text("overlay", asked))
    done = container.execute(unpack, stdin=packed, timeout=_TRANSFER_TIMEOUT)
    _require(done, "the tests could not be laid beside the image")


def _in_folder(interpreter: str, folder: str, command: tuple[str, ...]) -> tuple[str, ...]:
    """Run a command in a folder; ``python`` is the image's own."""
    words = (interpreter, *command[1:]) if command[0] in {"python", "python3"} else command
    start = f"import os; os.chdir({folder!r}); os.execvp({words[0]!r}, {list(words)!r})"
    return interpreter, "-c", start


def _require(done: Completed, what: str) -> None:
    if done.status:
        raise EngineError(what, why=done.error_text[-500:])


def with_stored(
    setting: Setting,
    commands: tuple[str, ...] | None = None,
    *,
    started: Setting | None = None,
    whole: bool = False,
) -> Observation:
    """Observe what an image holds, or say why that could not be read.

    ``commands`` names those to run; without it, as many are run as there is time for. ``started``
    is the image by whose command it is looked for scripts, its own by default. ``whole`` has all of
    the image described.
    """
    by, seen = started or setting, Observation(facts=setting.facts)
    words = words_of(by.words)
    asked = {
        **own_files(setting.facts),
        "commands": commands,
        "targets": find_application(words, dict(by.facts.environment)).targets,
        "words": words,
        "whole": whole,
    }
    stored, why = ask_alone(
        setting.engine, setting.image, setting.words, "stored", asked, kind=Stored
    )
    if stored is None:
        return replace(seen, missing={**seen.missing, "stored": why})
    return replace(seen, stored=stored)


def owners_of(engine: Engine, image: str, libraries: tuple[str, ...]) -> dict[str, str]:
    """Map those shared libraries that an image has to the packages of Debian that bring them."""
    facts, asked = engine.inspect(image), {"list": "owners", "names": libraries}
    words = (*facts.entrypoint, *facts.command)
    found, _ = ask_alone(engine, image, words, "lists", asked, kind=dict[str, str])
    # they go into a Dockerfile, and an image may have any files
    return {name: one for name, one in (found or {}).items() if _PACKAGE.fullmatch(one)}


def observed(setting: Setting, names: tuple[str, ...] | None = None) -> Observation:
    """Run the command of an image to its end, twice in containers of their own.

    ``names`` are what a run of the other image gave, in order: what is not written any more has
    status 404.
    """
    seen = Observation(facts=setting.facts)
    for run in range(2):
        try:
            own = options(replace(setting, run=run))
            place = waiting(setting.engine, setting.image, own, setting.words)
            with place as (container, interpreter):
                answer, why = run_to_its_end(container, interpreter, setting, names)
                if answer is not None and not run:
                    inner, _ = interior(container, setting.facts, setting.request)
                    seen = replace(seen, interior=inner)
        except (EngineError, ProgramError) as failure:
            answer, why = None, f"{failure} {failure.why[-200:]}".strip()
        if answer is None:
            return replace(seen, failure=why)
        exchanges = tuple(exchanges_of(answer, names))
        names = tuple(one.name for one in exchanges)
        out, err = (one.decode("utf-8", "replace") for one in (answer.out, answer.err))
        errors = errors_of(err) if answer.status else ()
        seen = replace(seen, logs=(*seen.logs, kinds_of(out, err)), errors=errors)
        if run:
            seen = replace(seen, reruns=(exchanges,))
        else:
            seen = replace(seen, exchanges=exchanges, read_only=setting.read_only)
    return seen


# How often a command with other code is run twice more, while that takes less than so long.
_ENDS, _ENDS_SECONDS = 3, 30.0


def ended_again(
    trial: Trial, talk: Conversation, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Run a command with other code more often, and both until a difference is no chance."""
    begun, names = time.monotonic(), tuple(one.name for one in before.exchanges)
    second = replace(trial.after(), read_only=trial.request.expected_read_only)
    for _ in range(_ENDS):
        late = time.monotonic() - begun > _ENDS_SECONDS
        if late or after.failure or not doubtful(trial.request, before, after):
            break
        with trial.step("Running the candidate to its end again, because it has other code"):
            after = _again(names, second, talk, after)
    if not names or before.failure or after.failure:
        return before, after
    return decided(trial, talk, before, after, partial(_again, names))


def _again(
    names: tuple[str, ...], setting: Setting, _talk: Conversation, seen: Observation
) -> Observation:
    more = observed(setting, names)
    return joined(seen, replace(more, reruns=(more.exchanges, *more.reruns)))


# A command is stopped a moment after it has written something, or when it has run so long; in how
# many runs where the two images end otherwise.
_WRITES_SECONDS, _MOMENT, _STOPS = 1.5, 0.1, 3


def stopped_both(
    trial: Trial, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Stop the command of both before it ends, where it runs so long."""
    first = trial.before()
    second = replace(trial.after(), read_only=trial.request.expected_read_only)
    for _ in range(_STOPS):
        if before.failure or after.failure:
            break
        with trial.step("Stopping both before they end"):
            one, other = both(partial(_stopped, first), partial(_stopped, second), memory=0)
        if one is None or other is None:
            # it may end at any moment, so that nothing follows
            return replace(before, stops=()), replace(after, stops=())
        before = replace(before, stops=(*before.stops, one))
        after = replace(after, stops=(*after.stops, other))
        if compare_signals(before, after, trial.request).outcome is not Outcome.DIFFERENT:
            break
    return before, after


def _stopped(setting: Setting) -> Stopped | None:
    """Start a command, and tell how it ends when it is stopped; None where it ended before."""
    try:
        with setting.engine.run(setting.image, options(setting)) as container:
            ends = time.monotonic() + _WRITES_SECONDS
            while time.monotonic() < ends and not any(container.streams()):
                time.sleep(_MOMENT)
            if not container.state().running:
                return None
            return container.stop(grace=GRACE_SECONDS)
    except EngineError:
        return None
