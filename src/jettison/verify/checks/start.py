"""Both images start, become ready, and stay so."""

from __future__ import annotations

from jettison.verify.checks.check import Check
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import READY, START, CheckResult, Outcome


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    def said(observation: Observation) -> str:
        return observation.failure or READY

    if before.failure and after.failure:
        message = f"neither image becomes ready: before, {before.failure}"
    elif before.failure:
        message = f"the image before does not become ready: {before.failure}"
    elif after.failure:
        message = f"the image after does not become ready: {after.failure}"
    elif after.failed_starts and not before.failed_starts:
        times = f"{len(after.failed_starts)} of {len(after.failed_starts) + len(after.starts)}"
        message = f"the image after fails in {times} further starts: {after.failed_starts[0]}"
    else:
        message = "both become ready"
    if before.failure and request.unreached:
        names = ", ".join(f"{one.name} ({one.image})" for one in request.unreached)
        message += f"; it may need what could not be started here: {names}"
    now_and_then = bool(after.failed_starts) and not before.failed_starts
    failed = bool(before.failure or after.failure) or now_and_then
    return CheckResult(
        name=START,
        outcome=Outcome.DIFFERENT if failed else Outcome.SAME,
        message=message,
        before=said(before),
        after=said(after),
        # what both say is not kept twice
        details=(after.errors if after.failure else ()) or before.errors if failed else (),
    )


CHECK = Check(name=START, compare=_compare)
