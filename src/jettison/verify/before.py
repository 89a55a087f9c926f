"""How the baseline is run: as requested, or in another way in which it works."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from msgspec import Struct

from jettison.engines import Engine, Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.formats.shell import SHELLS
from jettison.progress import Progress
from jettison.values import replace
from jettison.verify.alone import waiting
from jettison.verify.batch import with_stored
from jettison.verify.calls import with_calls
from jettison.verify.checks.check import made_from
from jettison.verify.observation import Observation, Trial, words_started
from jettison.verify.other_ways import naming
from jettison.verify.readiness import NO_PORT, SPEAKS_HTTP2, TOO_LATE
from jettison.verify.request import Surroundings, VerificationRequest
from jettison.verify.runs import FAILS, HTTP_SECONDS, Baseline, Begun, begun, finished
from jettison.verify.services import within_reach
from jettison.verify.stand_ins import Absent, absent
from jettison.verify.stores import Leads
from jettison.verify.time_limit import TimedEngine
from jettison.verify.variables import UNFIT_FIELD

# Of values that an application may do without: those that its errors name, then more, then all.
# One class of settings after the other fails for want of its own.
_TRIES = 12


def _of_before(request: VerificationRequest) -> VerificationRequest:
    """What of a request shapes how the image before is run and asked."""
    blank = VerificationRequest(image_before="", image_after="")
    others = (
        "image_after", "read_only_after", "expected_read_only", "root_allowed", "read_only_volumes",
        "removed_distributions", "planned_environment", "planned_health_check", "withheld",
        "installed_distributions", "fewer_groups", "expected_command", "expected_user", "kept_out",
        "labels", "suite", "strict", "trained", "removed_files", "optional_files", "edited",
    )  # fmt: skip
    return replace(request, **{name: getattr(blank, name) for name in others})


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


def known_to_fail(ahead: Future[Prefetched] | None) -> bool:
    """Whether the image before is known to become ready in no way: nothing can be compared then."""
    if not ahead or not ahead.done() or ahead.exception():
        return False
    baseline = ahead.result().first.baseline
    return bool(baseline.observation.failure) and not baseline.conversation.ends


def _finished_in_time(first: Begun, trial: Trial, engine: TimedEngine) -> Baseline:
    try:
        return finished(first, trial)
    finally:
        engine.end()
        engine.require_time()


def begun_somehow(trial: Trial, pool: ThreadPoolExecutor) -> tuple[Trial, Begun]:
    """Run the image before, in another way where it does not become ready, and tell which."""
    trial = _with_start(trial)
    held = pool.submit(_held, trial)
    trial, first = _begun_with_absent(trial, held)
    seen, tried = first.baseline.observation, list[str]()
    if seen.failure:
        ways = _other_ways(trial.request, seen)
        runs = (_begun_with_samples(trial, way, first, held, tried) for way in ways)
        other = next(filter(None, runs), None)
    else:
        other = _with_what_errors_name(trial, first, held) or (trial, first)
    trial, first = other or (trial, first)
    works = other and (trial.request.serves or trial.request.called)
    if not works and (elsewhere := _where_it_listens(trial, first, held)):
        return elsewhere
    if other:
        return other
    if seen.failure == FAILS:
        return trial, begun(trial, held, failing=True)
    seen = replace(seen, errors=(*seen.errors, *tried[-1:]))
    return trial, replace(first, baseline=replace(first.baseline, observation=seen))


def _begun_with_samples(
    trial: Trial, way: VerificationRequest, first: Begun, held: Future[Observation], why: list[str]
) -> tuple[Trial, Begun] | None:
    """Run the image before in a way, with values for what errors name; None, and why it fails."""
    errors = first.baseline.observation.errors
    way = naming(way, errors)
    taken = way.wanted(errors)
    for left in reversed(range(_TRIES)):
        tried = within_reach(trial.asking(way.with_samples(taken)))
        tried, found = _begun_with_absent(tried, held)
        seen = found.baseline.observation
        corrected = naming(fitting(way, seen.errors), seen.errors)
        more = taken | way.wanted(seen.errors)
        settled = corrected == way and more == taken
        if not seen.failure and (settled or not _gives_up(seen)):
            return tried, found
        told = (tried.request.how, seen.failure, *seen.errors[-1:])
        why.append(": ".join(filter(None, told)))
        if settled and taken == way.optional:
            break
        if corrected == way:
            taken = more if more != taken and left > 1 else way.optional
        way = corrected
    return None


# As Python and pydantic say that a value is no number or truth value, and which are allowed.
_NO_NUMBER = re.compile(
    r"(?:invalid literal for int\(\) with base 10: |could not convert string to float: "
    r"|type=(?:int|float|bool)_parsing, input_value=)'(?P<value>[^'\n]*)'"
)
_CHOICE = re.compile(rf"{UNFIT_FIELD}(?P<field>\w+): Input should be '(?P<value>[^'\n]*)'")


_SCHEMES = re.compile(rf"{UNFIT_FIELD}(?P<field>\w+): URL scheme should be (?P<schemes>.+)")
_QUOTED = re.compile(r"'([\w+.-]+)'")


def fitting(way: VerificationRequest, lines: Sequence[str]) -> VerificationRequest:
    """Give other values to samples that lines of errors say do not fit: 1, or what is allowed.

    An address of another scheme is that of what has an allowed one.
    """
    wrong = {found["value"] for line in lines for found in _NO_NUMBER.finditer(line)}
    other = {name: "1" for name in way.samples if way.environment.get(name) in wrong}
    allowed = {
        found["field"].upper(): found["value"] for found in map(_CHOICE.match, lines) if found
    }
    leading = Leads(way.distributions, way.services)
    for found in filter(None, map(_SCHEMES.match, lines)):
        address = leading.of_scheme(_QUOTED.findall(found["schemes"]))
        allowed |= {found["field"].upper(): address} if address else {}
    other |= {name: allowed[name] for name in way.samples if name in allowed}
    if not other:
        return way
    environment = {**way.environment, **other}
    return replace(way, environment=environment, services=tuple(leading.services))


def _gives_up(seen: Observation) -> bool:
    """Whether a command ended by itself and says that it failed."""
    return seen.status not in ("", "0")


def _with_what_errors_name(
    trial: Trial, first: Begun, held: Future[Observation]
) -> tuple[Trial, Begun] | None:
    """Run a command that failed with values for the variables that its errors name."""
    seen = first.baseline.observation
    if not _gives_up(seen):
        return None
    for way in _other_ways(trial.request, seen):
        named = naming(way, seen.errors) != way or way.names_sample(seen.errors)
        if named and (other := _begun_with_samples(trial, way, first, held, [])):
            return other
    return None


# An interpreter or a shell that is given nothing to run, and reads what people type.
_READS_ONLY = re.compile(rf"(?:.*/)?(?:i?python[\d.]*|{'|'.join(sorted(SHELLS))})")


def _with_start(trial: Trial) -> Trial:
    """Run the project as people most likely do where its image starts nothing."""
    request, start = trial.request, trial.request.instead
    words = words_started(request, trial.before().facts)
    if start is None or len(words) != 1 or not _READS_ONLY.fullmatch(words[0]):
        return trial
    how = f"as {' '.join(start.entrypoint)}, because the image starts {words[0]} alone"

    def started(way: Surroundings) -> Surroundings:
        return replace(
            way,
            how=", ".join(filter(None, (how, way.how))),
            entrypoint=start.entrypoint,
            ports=start.ports,
            directory=start.directory,
            environment={**start.environment, **way.environment},
        )

    # a server is run with its port alone
    ways = tuple(started(way) for way in request.otherwise if way.ports or not start.ports)
    own = replace(request, otherwise=ways, serves=bool(start.ports))
    return trial.asking(own.run_as(started(request)))


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
    patience = request.startup_timeout if late else HTTP_SECONDS
    way = replace(request, ports=listens, how=how, startup_timeout=patience)
    trial, found = _begun(trial.asking(way), held)
    if found.baseline.observation.failure:
        return None
    return trial.asking(replace(trial.request, startup_timeout=request.startup_timeout)), found


def _begun(trial: Trial, held: Future[Observation]) -> tuple[Trial, Begun]:
    """Run the image before, with calls where it turns out to be a server of gRPC."""
    found = begun(trial, held)
    if found.baseline.observation.failure.endswith(SPEAKS_HTTP2):
        trial = trial.asking(with_calls(trial.request))
        found = begun(trial, held)
    return trial, found


def _begun_with_absent(trial: Trial, held: Future[Observation]) -> tuple[Trial, Begun]:
    """Run the image before, with what its errors miss in place where that can be had.

    Whoever runs it mounts something there, which nothing of the project tells.
    """
    trial, found = _begun(trial, held)
    for _ in range(_TRIES):
        seen = found.baseline.observation
        failed = seen.failure or found.baseline.conversation.ends
        missing = _absent(trial, seen) if failed else None
        if not missing:
            break
        trial, found = _begun(trial.asking(missing.given(trial.request)), held)
    return trial, found


def _other_ways(request: VerificationRequest, seen: Observation) -> list[VerificationRequest]:
    """Give how else to run what failed in one way, the likeliest first."""
    ways = [
        replace(request.run_as(one), made=request.made, mounted={**request.mounted, **one.mounted})
        for one in request.otherwise
    ]
    ways += [request] if naming(request, seen.errors) != request else []
    # what runs lacks no value of a variable, if it says nothing else
    if seen.failure == NO_PORT and not any(way.names_sample(seen.errors) for way in ways):
        return sorted(ways, key=lambda way: bool(way.samples))
    # values that suit the source come before those that only suit a name
    return sorted(ways, key=lambda way: not way.samples and naming(way, seen.errors) != way)


def _held(trial: Trial) -> Observation:
    """Read what the image before holds, in whichever way it is run."""
    own, other = trial.before(), trial.after()
    return with_stored(own, whole=made_from(own.facts, other.facts))


def _absent(trial: Trial, seen: Observation) -> Absent:
    folder = seen.facts.working_directory or "/"
    return absent(trial.request, seen.errors, folder, partial(_existing, trial))


_EXIST = "import os, sys; print(*map(int, map(os.path.lexists, sys.argv[1:])))"


def _existing(trial: Trial, places: list[str]) -> Mapping[str, bool]:
    """Tell of each place whether the image before has it; of none where that cannot be seen."""
    facts, options = trial.before().facts, RunOptions(network=Network.NONE)
    words = words_started(trial.request, facts)
    try:
        with waiting(trial.engine, facts.id, options, words) as (container, interpreter):
            done = container.execute((interpreter, "-I", "-c", _EXIST, *places))
    except (EngineError, ProgramError):
        return {}
    said = done.text.split()
    return dict(zip(places, (one == "1" for one in said), strict=False))
