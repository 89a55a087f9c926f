"""TLS trusts the authorities of the system, if it did."""

from __future__ import annotations

from jettison.verify.checks.check import Check, inside, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "certificates"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.certificates for one in both)
    if had <= 0:
        return skipped(_NAME, "the image before trusts no authority")
    if has < 0:
        outcome, message = Outcome.DIFFERENT, "TLS cannot be used any more: no module ssl"
    elif has == 0:
        outcome, message = Outcome.DIFFERENT, "the bundle of certificate authorities is gone"
    else:
        outcome, message = Outcome.SAME, f"{has} certificate authorities are trusted"
    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=str(had), after=str(has)
    )


CHECK = Check(name=_NAME, compare=_compare)
