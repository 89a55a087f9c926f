"""The image after works with a read-only root file system and without privileges."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "read-only-root"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if not request.read_only_after:
        return skipped(_NAME, "a read-only root file system was not asked for")
    if before.read_only_failure and not after.failure:
        return CheckResult(
            name=_NAME,
            outcome=Outcome.SAME,
            message=f"neither works with a read-only root: {before.read_only_failure}",
            before="fails",
            after="fails",
        )
    if after.read_only_failure:
        return CheckResult(
            name=_NAME,
            outcome=Outcome.DIFFERENT,
            message=f"does not start with a read-only root: {after.read_only_failure}",
            before="not asked",
            after="fails",
            details=after.errors,
        )
    if after.failure or not after.read_only:
        return skipped(_NAME, "the image after did not start")
    return CheckResult(
        name=_NAME,
        outcome=Outcome.SAME,
        message="ran with a read-only root, no capabilities and no new privileges",
        before="not asked",
        after="works",
    )


CHECK = Check(name=_NAME, compare=_compare)
