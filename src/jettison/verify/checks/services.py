"""What the application needs beside it was there, or else what could not be verified is said."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "services"
_WAY_OUT = "Make the images available (docker pull, docker load or docker tag) and run it again"


def _compare(
    _before: Observation, _after: Observation, request: VerificationRequest
) -> CheckResult:
    if request.unreached:
        missing = "; ".join(f"{one.name} ({one.image}): {one.why}" for one in request.unreached)
        return skipped(_NAME, f"what needs them was not compared: {missing}. {_WAY_OUT}")
    if not request.companions:
        return skipped(_NAME, "the application is run alone")
    names = ", ".join(f"{one.name} ({one.instead or one.image})" for one in request.companions)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.SAME,
        message=f"started empty for each run of both: {names}",
    )


CHECK = Check(name=_NAME, compare=_compare)
