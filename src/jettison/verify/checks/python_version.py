"""The interpreter has the same version, down to the minor release."""

from __future__ import annotations

from jettison.verify.checks.check import Check, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "python"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.python for one in both)
    same = had.split(".")[:2] == has.split(".")[:2]
    return CheckResult(
        name=_NAME,
        outcome=Outcome.SAME if same else Outcome.DIFFERENT,
        message=f"Python {has}" if had == has else f"Python {had} became {has}",
        before=had,
        after=has,
    )


CHECK = Check(name=_NAME, compare=_compare)
