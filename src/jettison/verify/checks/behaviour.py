"""Checks of behaviour: responses, the project's tests, services, workers, lines executed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from jettison.values import replace
from jettison.verify import NONE_EXECUTED, CheckResult, Outcome
from jettison.verify.checks.check import compare_uses, homes_of, skipped
from jettison.verify.exchange.comparison import Comparison, compare_exchanges
from jettison.verify.exchange.times import built_at, dated
from jettison.verify.observation import Loaded, Observation, WorkerOutcome
from jettison.verify.request import OWN_COMMAND, VerificationRequest
from jettison.verify.workload.step import NO_METHOD, NO_PAGE, NO_SLASH

_FOUND = range(200, 400)


def times_of(seen: Observation) -> Mapping[str, int]:
    """Give the times of files that an image holds, and when it says that it was built."""
    return {**(seen.stored.times if seen.stored else {}), **built_at(seen.facts.environment)}


class _Runs:
    """All runs of an image; the same objects are equal, as comparing contents takes as long."""

    def __init__(self, seen: Observation) -> None:
        self.exchanges = (seen.exchanges, *seen.reruns)
        self.times = times_of(seen)
        self._identity = (*map(id, (*self.exchanges, seen.stored)), seen.facts.environment)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Runs) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


def compared(before: Observation, after: Observation, request: VerificationRequest) -> Comparison:
    """Compare all runs of both images; what was compared last is remembered."""
    return _compared(_Runs(before), _Runs(after), homes_of(before, after), request.strict)


@lru_cache(maxsize=1)
def _compared(before: _Runs, after: _Runs, homes: tuple[str, str], strict: bool) -> Comparison:
    times = dated(before.times, after.times)
    return compare_exchanges(before.exchanges, after.exchanges, times, homes, strict=strict)


def compare_routes(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the responses to all requests."""
    if after.failure:
        return skipped("the candidate did not start")
    if not before.exchanges:
        return skipped(before.missing.get("routes", "no request could be sent"))
    unknown = before.missing.get("routes", "")
    if unknown and not any(one.answer.status in _FOUND for one in before.exchanges):
        return skipped(unknown)
    found = beyond_doubt(compared(before, after, request))
    if before.shows_nothing and not found.differences:
        return skipped(_NO_WORK)
    if found.failing + found.silent == found.total and not found.differences:
        kinds = "server errors" if found.failing else "missing"
        both = "server errors or missing" if found.silent and found.failing else kinds
        return skipped(f"all of {found.total} responses are {both} in both")
    notes = [f"logged by the candidate only: {line}" for line in after.errors if found.differences]
    notes += [
        f"fails with the baseline too: {one.name}: {one.answer.failure}"
        for one in before.exchanges
        if one.answer.status and one.answer.failure
    ]
    notes += [f"the baseline gives several responses: {one}" for one in found.varying]
    notes += [
        f"may be chance, as it varies in the baseline: {one}" for one in sorted(found.doubtful)
    ]
    notes += [f"only the kind is compared: {one}" for one in found.masked]
    held_out, unsent = _held_out(before, found, request), before.missing.get("unsent")
    said = (_message(found), held_out, unknown, unsent)
    return CheckResult(
        outcome=Outcome.DIFFERENT if found.differences else Outcome.SAME,
        message="; ".join(filter(None, said)),
        before=f"{found.total} requests",
        after=f"{found.same} the same",
        details=found.differences,
        notes=tuple(notes),
    )


_NO_WORK = (
    "its command ends, and executes no line of the application and writes nothing: set CMD or "
    "ENTRYPOINT, or select a service of the compose file with --service"
)


def beyond_doubt(found: Comparison) -> Comparison:
    """Leave out what chance explains at places that are not always the same in the baseline."""
    differences = tuple(one for one in found.differences if one not in found.doubtful)
    same = found.same + len(found.differences) - len(differences)
    return replace(found, differences=differences, same=same)


def _held_out(before: Observation, found: Comparison, request: VerificationRequest) -> str:
    """Say how the routes do that the trace did not see, where there was one."""
    if not request.trained:
        return ""
    routes = request.trained + len(request.withheld)
    if not request.withheld:
        return f"too few routes ({routes}) to withhold any from the trace"
    failing = [
        route
        for route in request.withheld
        if any(one.startswith((f"{route}:", f"{route} (")) for one in found.differences)
    ]
    asked = {one.name.partition(" (")[0] for one in before.exchanges}
    left = len([route for route in request.withheld if route not in asked])
    watched = ", which saw the tests" if request.suite else ""
    unasked = f", {left} of these were not requested" if left else ""
    shares = f"{len(request.withheld)} of {routes} routes were withheld from the trace{watched}"
    found_so = f"{', '.join(failing)} differ" if failing else "identical responses"
    return f"{shares}{unasked}: {found_so}"


def _message(found: Comparison) -> str:
    parts = [f"{found.same} of {found.total} responses identical"]
    if found.new_errors:
        parts.append(f"{found.new_errors} are new server errors")
    if found.failing:
        parts.append(f"{found.failing} were server errors before and still are")
    if found.silent:
        parts.append(f"{found.silent} had no response before and after")
    if found.varying:
        parts.append(f"{len(found.varying)} vary in the baseline")
    return "; ".join(parts)


_FAILING = "the tests fail with all requirements installed too"


def compare_suite(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the outcome of the project's tests."""
    if request.suite is None:
        return skipped("no test suite is known, or no image that has it")
    if after.suite is None:
        return skipped(after.missing.get("suite", "the candidate did not start"))
    if after.suite.status and before.suite and before.suite.status == after.suite.status:
        return skipped(_FAILING)
    if after.suite.status:
        outcome, message = Outcome.DIFFERENT, f"the tests end with status {after.suite.status}"
    else:
        outcome, message = Outcome.SAME, next(iter(after.suite.lines[-1:]), "the tests pass")
    return CheckResult(
        outcome=outcome,
        message=message,
        before="" if before.suite is None else f"status {before.suite.status}",
        after=f"status {after.suite.status}",
        details=after.suite.lines if outcome is Outcome.DIFFERENT else (),
    )


def tests_show_nothing(checks: Iterable[CheckResult]) -> str:
    """Say why the tests need not be run with another candidate, or nothing."""
    return next((one.message for one in checks if one.message == _FAILING), "")


_WAY_OUT = "Make the images available (docker pull, docker load or docker tag) and run it again"


def compare_services(
    _before: Observation, _after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare what both were started beside."""
    if request.unreached:
        missing = "; ".join(
            f"{one.name} ({one.image}): {one.why.rstrip('.')}" for one in request.unreached
        )
        return skipped(f"what needs them was not compared: {missing}. {_WAY_OUT}")
    if not request.services:
        return skipped("the application is run alone")
    names = ", ".join(f"{one.name} ({one.instead or one.image})" for one in request.services)
    return CheckResult(outcome=Outcome.SAME, message=f"started empty for each run of both: {names}")


# One that kept running for all the time that it was watched, and now ends within half of it.
_AT_ONCE_SECONDS = 4.0


def compare_workers(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the other commands of both."""
    if not request.watched:
        return skipped("the image is run with one command alone")
    if before.failure or after.failure or not before.workers:
        return skipped("one of the images did not keep running")
    own = before.workers.get(OWN_COMMAND)
    if own and (own.ports or not frozenset().union(*before.logs)):
        ports = ", ".join(map(str, own.ports))
        says = (
            f"listens on {ports}, which nobody declares" if ports else "shows nothing of its work"
        )
        return skipped(f"its own command {says}")
    had = {name: _works(one) for name, one in before.workers.items()}
    has = dict(_now(before, after))
    return compare_uses("workers", had, has)


def _now(before: Observation, after: Observation) -> Iterator[tuple[str, Loaded]]:
    for name, one in after.workers.items():
        known = before.workers.get(name)
        stayed = known is not None and known.running
        if stayed and not one.running and one.seconds < _AT_ONCE_SECONDS:
            yield name, Loaded(works=False, said=_said(one))
        else:
            yield name, _works(one)


def _works(one: WorkerOutcome) -> Loaded:
    return Loaded(works=one.running or one.status == 0, said=_said(one))


def _said(one: WorkerOutcome) -> str:
    return "keeps running" if one.running else f"ended with status {one.status}: {one.said}"


_UNSERVED = tuple(f"({one})" for one in (NO_PAGE, NO_METHOD, NO_SLASH))
_REFUSED = 400
_FILES_NAMED = 3
_MOST_DETAILS = 40


def compare_coverage(
    before: Observation, _after: Observation, _request: VerificationRequest
) -> CheckResult:
    """Compare which lines no request executed."""
    counts = before.executed
    total = sum(there for _, there in counts.values())
    if not total:
        return skipped(before.missing.get("coverage", "no line of the application was counted"))
    done = sum(one for one, _ in counts.values())
    left = sorted(
        ((there - one, path) for path, (one, there) in counts.items() if one < there),
        key=lambda pair: (-pair[0], pair[1]),
    )
    named = ", ".join(f"{path} ({lines} lines)" for lines, path in left[:_FILES_NAMED])
    share = f"{100 * done / total:.0f} % of the application's {total} lines executed"
    share = share if done else f"{NONE_EXECUTED} {total} lines executed"
    return CheckResult(
        outcome=Outcome.SAME,
        message=f"{share}; not executed: {named}" if named else share,
        before=f"{done} of {total} lines",
        details=(
            *(f"{path}: {lines} of {counts[path][1]} lines not executed" for lines, path in left),
            *_unanswered(before),
        )[:_MOST_DETAILS],
    )


def _unanswered(before: Observation) -> Iterator[str]:
    """Name the routes of which every response is an error: a request of one's own may do more."""
    statuses: dict[str, list[int]] = {}
    for one in before.exchanges:
        if one.name.endswith(_UNSERVED):
            continue
        statuses.setdefault(one.name.partition(" (")[0], []).append(one.answer.status)
    for route, found in statuses.items():
        if min(found) >= _REFUSED:
            yield f"no response below {_REFUSED}: {route} (send one of your own with --probes)"
