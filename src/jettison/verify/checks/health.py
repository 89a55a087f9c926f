"""The health check is there and passes."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "health-check"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    had, has = before.facts.health_check, after.facts.health_check
    if had and not has and not request.health_command:
        return _result(Outcome.DIFFERENT, "the health check was dropped", before, after)
    if after.health is None:
        return skipped(_NAME, "there is no health check, or the image did not start")
    if after.health.status:
        outcome = Outcome.DIFFERENT
        message = f"the health check fails: {after.health.said or after.health.status}"
        if before.health and before.health.status:
            outcome, message = Outcome.SAME, "the health check fails in both"
        return _result(outcome, message, before, after)
    better = before.health is None or before.health.status
    message = "the health check passes only now" if better else "the health check passes in both"
    return _result(Outcome.IMPROVED if better else Outcome.SAME, message, before, after)


def _result(outcome: Outcome, message: str, before: Observation, after: Observation) -> CheckResult:
    def said(observation: Observation) -> str:
        if observation.health is None:
            return "none"
        status = observation.health.status
        return f"fails ({status})" if status else "passes"

    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=said(before), after=said(after)
    )


CHECK = Check(name=_NAME, compare=_compare)
