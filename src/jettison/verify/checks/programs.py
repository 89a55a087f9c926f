"""Every program that the application calls is there."""

from __future__ import annotations

from jettison.verify.checks.check import Check, compare_uses, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult

_NAME = "programs"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_NAME, "programs", both[0].programs, both[1].programs)


CHECK = Check(name=_NAME, compare=_compare)
