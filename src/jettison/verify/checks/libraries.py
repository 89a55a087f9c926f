"""Every shared library that the application loads by name is found and loads."""

from __future__ import annotations

from jettison.verify.checks.check import Check, compare_uses, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult

_NAME = "libraries"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_NAME, "libraries", both[0].libraries, both[1].libraries)


CHECK = Check(name=_NAME, compare=_compare)
