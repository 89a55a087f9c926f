"""The labels that the project gives the image are kept."""

from __future__ import annotations

from jettison.engines.client import LABEL
from jettison.verify.checks.check import Check
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "labels"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    had = {
        name: value
        for name, value in before.facts.labels
        if name != LABEL and (request.labels is None or name in request.labels)
    }
    has = dict(after.facts.labels)
    details = tuple(
        f"{name}: {value!r} became {has.get(name)!r}"
        for name, value in had.items()
        if has.get(name) != value
    )
    names = ", ".join(detail.partition(":")[0] for detail in details)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message=f"changed: {names}" if details else f"{len(had)} labels are kept",
        before=str(len(had)),
        after=str(len(had) - len(details)),
        details=details,
    )


CHECK = Check(name=_NAME, compare=_compare)
