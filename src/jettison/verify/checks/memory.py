"""It needs about as much memory at rest as it did."""

from __future__ import annotations

from statistics import median

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "memory"
_FACTOR = 1.25
_SPARE = 16 * 2**20
_BETTER = 0.9


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    measured = [
        [start.memory for start in seen.starts if start.memory is not None]
        for seen in (before, after)
    ]
    if not all(measured):
        why = before.missing.get("memory") or after.missing.get("memory")
        return skipped(_NAME, why or "one of the images did not start")
    had, has = (median(each) for each in measured)
    outcome = Outcome.SAME
    if has > had * _FACTOR + _SPARE:
        outcome = Outcome.DIFFERENT
    elif has < had * _BETTER:
        outcome = Outcome.IMPROVED
    return CheckResult(
        name=_NAME,
        outcome=outcome,
        message=f"{_shown(had)} at rest became {_shown(has)} (median of {len(measured[1])})",
        before=_shown(had),
        after=_shown(has),
    )


def _shown(count: float) -> str:
    return f"{count / 1e6:.1f} MB"


CHECK = Check(name=_NAME, compare=_compare)
