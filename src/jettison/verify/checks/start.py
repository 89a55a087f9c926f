"""Both images start, become ready, and stay so."""

from __future__ import annotations

from jettison.verify.checks.check import Check
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "start"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    def said(observation: Observation) -> str:
        return observation.failure or "ready"

    if before.failure and after.failure:
        message = f"neither image becomes ready: before, {before.failure}"
    elif before.failure:
        message = f"the image before does not become ready: {before.failure}"
    elif after.failure:
        message = f"the image after does not become ready: {after.failure}"
    else:
        message = "both become ready"
    if before.failure and request.unreached:
        names = ", ".join(f"{one.name} ({one.image})" for one in request.unreached)
        message += f"; it may need what could not be started here: {names}"
    failed = bool(before.failure or after.failure)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if failed else Outcome.SAME,
        message=message,
        before=said(before),
        after=said(after),
        details=(after if after.failure else before).errors if failed else (),
    )


CHECK = Check(name=_NAME, compare=_compare)
