"""Local time and the zones that the application names are the same."""

from __future__ import annotations

from jettison.verify.checks.check import Check, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "time-zones"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.time_zones for one in both)
    details = tuple(
        f"{zone or 'local time'}: {said} became {has.get(zone)}"
        for zone, said in had.items()
        if said != has.get(zone)
    )
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message=details[0]
        if details
        else f"local time and {len(had) - 1} named zones are the same",
        before=had.get("", ""),
        after=has.get("", ""),
        details=details,
    )


CHECK = Check(name=_NAME, compare=_compare)
