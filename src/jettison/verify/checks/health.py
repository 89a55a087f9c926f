"""The health check is there and passes."""

from __future__ import annotations

from jettison.verify.checks.check import Check, often, skipped
from jettison.verify.observation import HealthOutcome, Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "health-check"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if before.facts.health_check and not after.facts.health_check and not request.health_command:
        return _result(Outcome.DIFFERENT, "the health check was dropped", before, after)
    outcomes = _outcomes(after)
    if not outcomes:
        return skipped(_NAME, "there is no health check, or the image did not start")
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


def _outcomes(seen: Observation) -> list[HealthOutcome]:
    return [one.health for one in seen.starts if one.health]


def _result(outcome: Outcome, message: str, before: Observation, after: Observation) -> CheckResult:
    def said(observation: Observation) -> str:
        found = _outcomes(observation)
        status = next((one.status for one in found if one.status), 0)
        return (f"fails ({status})" if status else "passes") if found else "none"

    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=said(before), after=said(after)
    )


CHECK = Check(name=_NAME, compare=_compare)
