"""Checks of the process: start, time to start, memory, health, signals, what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from jettison.engines import Stopped
from jettison.images.config import SECOND, HealthCheck
from jettison.values import replace
from jettison.verify import READY, WAY, CheckResult, Outcome
from jettison.verify.checks.check import keeps_command, often, skipped
from jettison.verify.observation import HealthOutcome, Observation
from jettison.verify.request import VerificationRequest


def compare_start(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare whether both become ready."""

    def said(observation: Observation) -> str:
        return observation.failure or READY

    status, how = before.status, f"; {WAY}{request.how}" if request.how else ""
    if status not in ("", "0") and after.status == status:
        line = next(iter(before.errors), "")
        ended = f"ended with status {status}"
        return replace(
            skipped(
                f"both end with status {status}{': ' * bool(line)}{line}: no more than that, the"
                " output and the files could be compared; give what it needs with --env or"
                f" --volume{how}"
            ),
            before=ended,
            after=ended,
        )
    if before.failure and after.failure:
        message = f"neither image becomes ready: before, {before.failure}"
    elif before.failure:
        message = f"the baseline does not become ready: {before.failure}"
    elif after.failure:
        message = f"the candidate does not become ready: {after.failure}"
    elif after.failed_starts and not before.failed_starts:
        good = len(after.starts) + len(list(filter(None, after.reruns)))
        times = f"{len(after.failed_starts)} of {len(after.failed_starts) + good}"
        message = f"the candidate fails in {times} further starts: {after.failed_starts[0]}"
    elif again := _second_start(before, after):
        message = f"the candidate does not become ready on what it wrote before: {again}"
    else:
        message = "both end with status 0" if status else "both become ready"
    if before.failure and request.unreached:
        names = ", ".join(f"{one.name} ({one.image})" for one in request.unreached)
        message += f"; it may need what could not be started here: {names}"
    message += how
    now_and_then = bool(after.failed_starts) and not before.failed_starts
    failed = bool(before.failure or after.failure or _second_start(before, after)) or now_and_then
    return CheckResult(
        outcome=Outcome.DIFFERENT if failed else Outcome.SAME,
        message=message,
        before=said(before),
        after=said(after),
        # why the baseline fails comes first: nobody can mend the candidate before
        details=before.errors or after.errors if before.failure else after.errors if failed else (),
    )


def _second_start(before: Observation, after: Observation) -> str:
    """Say why the candidate alone does not become ready again with the files that it has written.

    It is looked at in the same number of starts; nothing where the baseline cannot either.
    """
    had, has = ([one.again for one in seen.starts] for seen in (before, after))
    return next(filter(None, has), "") if "" in had and not any(had) else ""


# Starts of both images alternate, so that load of the machine falls on both.
_FACTOR = 1.5
_SPARE_SECONDS = 1.0
_BETTER = 0.9


# Where byte code is gone, or older than its source, modules are compiled in each start.
_UNCOMPILED = 3.0


def compare_startup(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    """Compare how long both take to become ready."""
    if not before.starts or not after.starts:
        return skipped("one of the images did not start")
    had, has = (median(start.seconds for start in seen.starts) for seen in (before, after))
    shown = f"{had:.2f} s", f"{has:.2f} s"
    message = f"{shown[0]} became {shown[1]} (median of {len(after.starts)})"
    factor, why = _FACTOR, ""
    if before.stored and after.stored:
        counts = before.stored.compiled, after.stored.compiled
        if counts[1] < counts[0] / 2:
            factor = _UNCOMPILED
            why = f"; byte code of {counts[0]} modules became such of {counts[1]}"
    outcome = _grown(had, has, had * factor + _SPARE_SECONDS)
    return CheckResult(outcome=outcome, message=message + why, before=shown[0], after=shown[1])


def _grown(had: float, has: float, most: float) -> Outcome:
    if has > most:
        return Outcome.DIFFERENT
    return Outcome.IMPROVED if has < had * _BETTER else Outcome.SAME


_MEMORY_FACTOR = 1.25
_SPARE = 16 * 2**20
# How far it grows while it is asked depends on what else the machine does.
_GROWN_FACTOR, _GROWN_SPARE = 1.5, 48 * 2**20


def compare_memory(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    """Compare the memory of both."""
    measured = [
        [start.memory for start in seen.starts if start.memory is not None]
        for seen in (before, after)
    ]
    if not all(measured):
        why = before.missing.get("memory") or after.missing.get("memory")
        return skipped(why or "one of the images did not start")
    had, has = (median(each) for each in measured)
    shown = f"{had / 1e6:.1f} MB", f"{has / 1e6:.1f} MB"
    message = f"{shown[0]} at rest became {shown[1]} (median of {len(measured[1])})"
    outcome = _grown(had, has, had * _MEMORY_FACTOR + _SPARE)
    if before.grown and after.grown and after.grown > before.grown * _GROWN_FACTOR + _GROWN_SPARE:
        outcome = Outcome.DIFFERENT
        message = (
            f"{before.grown / 1e6:.1f} MB after all requests became {after.grown / 1e6:.1f} MB"
        )
    return CheckResult(outcome=outcome, message=message, before=shown[0], after=shown[1])


def compare_health(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the health checks of both."""
    if before.facts.health_check and not after.facts.health_check:
        return _result(Outcome.DIFFERENT, "the health check was dropped", before, after)
    changed = tuple(_changed_health(before.facts.health_check, after.facts.health_check, request))
    if changed:
        return _result(Outcome.DIFFERENT, "; ".join(changed), before, after)
    outcomes = _outcomes(after)
    if not outcomes:
        return skipped("there is no health check, or the image did not start")
    had, has = ([bool(one.status) for one in _outcomes(seen)] for seen in (before, after))
    if any(has) and not any(had):
        failed = next(one for one in outcomes if one.status)
        message = f"the health check fails{often(has)}: {failed.said or failed.status}"
        return _result(Outcome.DIFFERENT, message, before, after)
    if any(has):
        return _result(Outcome.SAME, "the health check fails in both", before, after)
    better = all(had)
    message = "the health check passes only now" if better else "the health check passes in both"
    return _result(Outcome.IMPROVED if better else Outcome.SAME, message, before, after)


def _changed_health(
    had: HealthCheck | None, has: HealthCheck | None, request: VerificationRequest
) -> Iterator[str]:
    """Say what of a health check is another one, unless the plan or the service says so."""
    if had is None or has is None:
        return
    if had.test != has.test and _one_line(has.test) != _one_line(request.planned_health_check):
        commands = (" ".join(one.test[1:]) or one.test[0] for one in (had, has))
        yield "its command was {!r} and is {!r}".format(*commands)
    for name in ("interval", "timeout", "start_period", "retries"):
        one, other = getattr(had, name), getattr(has, name)
        if one != other:
            unit, most = ("", 1) if name == "retries" else (" s", SECOND)
            was, now = (f"{count / most:g}{unit}" for count in (one, other))
            what = name.replace("_", " ")
            yield f"its {what} was {was} and is {now} (0: as the engine has it)"


def _one_line(words: tuple[str, ...]) -> str:
    return " ".join(" ".join(words).split())


def _outcomes(seen: Observation) -> list[HealthOutcome]:
    return [one.health for one in seen.starts if one.health]


def _result(outcome: Outcome, message: str, before: Observation, after: Observation) -> CheckResult:
    def said(observation: Observation) -> str:
        found = _outcomes(observation)
        status = next((one.status for one in found if one.status), 0)
        return (f"fails ({status})" if status else "passes") if found else "none"

    return CheckResult(outcome=outcome, message=message, before=said(before), after=said(after))


def compare_signals(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare how both end when they are stopped."""
    stops = _stops(before), _stops(after)
    if not all(stops):
        return skipped("one of the images was not running")
    had, has = ([one.killed for one in each] for each in stops)
    if any(has) and not any(had):
        outcome, message = Outcome.DIFFERENT, f"has to be killed now{often(has)}"
    elif all(had) and not any(has):
        outcome, message = Outcome.IMPROVED, "ends by itself now; it had to be killed"
    elif any(has):
        outcome, message = Outcome.SAME, "has to be killed in both"
    elif late := _late(before, after):
        outcome, message = Outcome.DIFFERENT, late
    else:
        outcome, message = _statuses(before, after, request)
    return CheckResult(
        outcome=outcome, message=message, before=_show_signals(before), after=_show_signals(after)
    )


def _stops(seen: Observation) -> tuple[Stopped, ...]:
    return seen.stops or tuple(one.stopped for one in seen.starts)


def _late(before: Observation, after: Observation) -> str:
    """Say how much longer the end takes, by the medians; nothing where it does not."""
    had, has = (median(one.seconds for one in _stops(seen)) for seen in (before, after))
    longer = _grown(had, has, had * _FACTOR + _SPARE_SECONDS) is Outcome.DIFFERENT
    return f"ended after {had:.1f} s and ends after {has:.1f} s" if longer else ""


def _statuses(
    before: Observation, after: Observation, request: VerificationRequest
) -> tuple[Outcome, str]:
    """Compare exit statuses; another command may end with another one, but not fail instead."""
    had, has = ({one.exit_status for one in _stops(seen)} for seen in (before, after))
    if not had & has and (0 in had or keeps_command(request, before.facts, after.facts)):
        one, other = (" or ".join(map(str, sorted(each))) for each in (had, has))
        return Outcome.DIFFERENT, f"ended with status {one} and ends with {other}"
    return Outcome.SAME, "ends by itself in both"


def _show_signals(seen: Observation) -> str:
    stops = _stops(seen)
    stopped = next((one for one in stops if one.killed), stops[-1])
    how = "killed" if stopped.killed else f"status {stopped.exit_status}"
    return f"{how} after {stopped.seconds:.1f} s"
