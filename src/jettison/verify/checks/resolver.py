"""Names can be resolved."""

from __future__ import annotations

from jettison.verify.checks.check import Check, compare_uses, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult

_NAME = "resolver"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_NAME, "names", both[0].names, both[1].names)


CHECK = Check(name=_NAME, compare=_compare)
