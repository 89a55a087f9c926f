"""The other commands that the compose file has the image run do as they did."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.verify.checks.check import Check, compare_uses, skipped
from jettison.verify.observation import Loaded, Observation, WorkerOutcome
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult

_NAME = "workers"
# One that kept running for all the time that it was watched, and now ends within half of it.
_AT_ONCE_SECONDS = 4.0


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if not request.workers:
        return skipped(_NAME, "the image is run with one command alone")
    if before.failure or after.failure:
        return skipped(_NAME, "one of the images did not start")
    had = {name: _works(one) for name, one in before.workers.items()}
    has = dict(_now(before, after))
    return compare_uses(_NAME, _NAME, had, has)


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


CHECK = Check(name=_NAME, compare=_compare)
