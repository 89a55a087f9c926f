"""Every request gets the answer that it got before."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.exchange.difference import Comparison, compare_exchanges
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "routes"
_FOUND = range(200, 400)


def compared(before: Observation, after: Observation, request: VerificationRequest) -> Comparison:
    """Compare all runs of both images."""
    runs = ((one.exchanges, *one.reruns) for one in (before, after))
    return compare_exchanges(*runs, strict=request.strict)


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if after.failure:
        return skipped(_NAME, "the image after did not start")
    if not before.exchanges:
        return skipped(_NAME, before.missing.get("routes", "no request could be sent"))
    unknown = before.missing.get("routes", "")
    if unknown and not any(one.answer.status in _FOUND for one in before.exchanges):
        return skipped(_NAME, unknown)
    found = compared(before, after, request)
    if found.failing == found.total and not found.differences:
        return skipped(_NAME, f"all of {found.total} answers are server errors in both")
    details = [*found.differences]
    if found.differences:
        details += [f"written by the image after only: {line}" for line in after.errors]
    details += [
        f"fails with the image before, too: {one.name}: {one.answer.failure}"
        for one in before.exchanges
        if one.answer.status and one.answer.failure
    ]
    details += [f"the baseline answers in several ways: {one}" for one in found.varying]
    details += [f"only the kind is compared: {one}" for one in found.masked]
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if found.differences else Outcome.SAME,
        message="; ".join(
            filter(None, (_message(found), unknown, before.missing.get("unsent", "")))
        ),
        before=f"{found.total} requests",
        after=f"{found.same} the same",
        details=tuple(details),
    )


def _message(found: Comparison) -> str:
    parts = [f"{found.same} of {found.total} answers are the same"]
    if found.new_errors:
        parts.append(f"{found.new_errors} are new server errors")
    if found.failing:
        parts.append(f"{found.failing} were server errors before and still are")
    if found.varying:
        parts.append(f"{len(found.varying)} vary in the baseline")
    return "; ".join(parts)


CHECK = Check(name=_NAME, compare=_compare)
