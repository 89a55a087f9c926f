"""The application can write where it could: its volumes and temporary folders."""

from __future__ import annotations

from jettison.verify.checks.check import Check, compare_uses, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult

_NAME = "writable-paths"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_NAME, "paths", both[0].writable, both[1].writable)


CHECK = Check(name=_NAME, compare=_compare)
