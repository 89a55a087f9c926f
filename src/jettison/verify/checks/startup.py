"""It is ready about as soon as it was."""

from __future__ import annotations

from statistics import median

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "start-up-time"
# The two images run one after the other, and a machine that became busy in between multiplies a
# time. Only what no load explains counts, such as a wait for something that is not there.
_FACTOR = 3.0
_SPARE_SECONDS = 20.0
_BETTER = 0.9


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    if not before.startups or not after.startups:
        return skipped(_NAME, "one of the images did not start")
    had, has = median(before.startups), median(after.startups)
    outcome = Outcome.SAME
    if min(after.startups) > had * _FACTOR + _SPARE_SECONDS:
        outcome = Outcome.DIFFERENT
    elif has < had * _BETTER:
        outcome = Outcome.IMPROVED
    runs = min(len(before.startups), len(after.startups))
    return CheckResult(
        name=_NAME,
        outcome=outcome,
        message=f"{had:.2f} s became {has:.2f} s (median of {runs})",
        before=f"{had:.2f} s",
        after=f"{has:.2f} s",
    )


CHECK = Check(name=_NAME, compare=_compare)
