"""The image after runs as the user that the plan gave it, or as before; never newly as root."""

from __future__ import annotations

from jettison.verify.checks.check import Check, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "user"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.user_id for one in both)
    outcome, message = _judge(had, has, request)
    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=str(had), after=str(has)
    )


def _judge(had: int, has: int, request: VerificationRequest) -> tuple[Outcome, str]:
    expected = request.expected_user.partition(":")[0]
    if expected.isdigit() and int(expected) != has:
        return Outcome.DIFFERENT, f"runs as user {has}, not as {expected}"
    if has == 0:
        meant = expected in {"", "0", "root"} or request.root_allowed
        if had == 0 and meant:
            return Outcome.SAME, "runs as root in both"
        return Outcome.DIFFERENT, "the image after runs as root"
    if had == 0:
        return Outcome.IMPROVED, f"runs as user {has} instead of root"
    if had != has and not expected:
        return Outcome.DIFFERENT, f"the user was {had} and is {has}"
    return Outcome.SAME, f"runs as user {has}"


CHECK = Check(name=_NAME, compare=_compare)
