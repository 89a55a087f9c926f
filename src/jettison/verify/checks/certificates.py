"""TLS trusts the authorities of the system and works against a server on the loopback."""

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
    elif both[0].secure.works and not both[1].secure.works:
        outcome = Outcome.DIFFERENT
        message = f"a server on the loopback cannot be reached over TLS: {both[1].secure.said}"
    else:
        outcome, message = Outcome.SAME, f"{has} certificate authorities are trusted"
        if both[1].secure.works:
            message += f", and {both[1].secure.said} works against a server on the loopback"
    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=str(had), after=str(has)
    )


CHECK = Check(name=_NAME, compare=_compare)
