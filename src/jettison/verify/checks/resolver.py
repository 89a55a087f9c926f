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
    had, has = ({"localhost": one.resolver} for one in both)
    return compare_uses(_NAME, "names", had, has)


CHECK = Check(name=_NAME, compare=_compare)
