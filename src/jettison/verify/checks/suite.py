"""The project's own tests pass with what the image after has installed."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "test-suite"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if request.suite is None:
        return skipped(_NAME, "no test suite is known, or no image that has it")
    if after.suite is None:
        return skipped(_NAME, after.missing.get("suite", "the image after did not start"))
    if after.suite.status and before.suite and before.suite.status == after.suite.status:
        return skipped(_NAME, "the tests fail with all requirements installed too")
    if after.suite.status:
        outcome, message = Outcome.DIFFERENT, f"the tests end with status {after.suite.status}"
    else:
        outcome, message = Outcome.SAME, next(iter(after.suite.lines[-1:]), "the tests pass")
    return CheckResult(
        name=_NAME,
        outcome=outcome,
        message=message,
        before="" if before.suite is None else f"status {before.suite.status}",
        after=f"status {after.suite.status}",
        details=after.suite.lines if outcome is Outcome.DIFFERENT else (),
    )


CHECK = Check(name=_NAME, compare=_compare)
