"""It is ready about as soon as it was."""

from __future__ import annotations

from statistics import median

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "start-up-time"
# Starts of both images alternate, so that load of the machine falls on both.
_FACTOR = 1.5
_SPARE_SECONDS = 1.0
_BETTER = 0.9


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    if not before.starts or not after.starts:
        return skipped(_NAME, "one of the images did not start")
    had, has = (median(start.seconds for start in seen.starts) for seen in (before, after))
    outcome = Outcome.SAME
    if has > had * _FACTOR + _SPARE_SECONDS:
        outcome = Outcome.DIFFERENT
    elif has < had * _BETTER:
        outcome = Outcome.IMPROVED
    return CheckResult(
        name=_NAME,
        outcome=outcome,
        message=f"{had:.2f} s became {has:.2f} s (median of {len(after.starts)})",
        before=f"{had:.2f} s",
        after=f"{has:.2f} s",
    )


CHECK = Check(name=_NAME, compare=_compare)
