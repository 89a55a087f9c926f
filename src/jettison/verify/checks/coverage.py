"""How many of the application's lines the requests executed; it never stands against an image."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import COVERAGE, CheckResult, Outcome

_REFUSED = 400
_FILES_NAMED = 3
_MOST_DETAILS = 40


def _compare(
    before: Observation, _after: Observation, _request: VerificationRequest
) -> CheckResult:
    counts = before.executed
    total = sum(there for _, there in counts.values())
    if not total:
        return skipped(
            COVERAGE, before.missing.get("coverage", "no line of the application was counted")
        )
    done = sum(one for one, _ in counts.values())
    left = sorted(
        ((there - one, path) for path, (one, there) in counts.items() if one < there),
        key=lambda pair: (-pair[0], pair[1]),
    )
    named = ", ".join(f"{path} ({lines} lines)" for lines, path in left[:_FILES_NAMED])
    share = f"{100 * done / total:.0f} % of the application's {total} lines executed"
    return CheckResult(
        name=COVERAGE,
        outcome=Outcome.SAME,
        message=f"{share}; not executed: {named}" if named else share,
        before=f"{done} of {total} lines",
        details=(
            *(f"{path}: {lines} of {counts[path][1]} lines not executed" for lines, path in left),
            *_unanswered(before),
        )[:_MOST_DETAILS],
    )


def _unanswered(before: Observation) -> Iterator[str]:
    """Name the routes of which every response is an error: a request of one's own may do more."""
    statuses: dict[str, list[int]] = {}
    for one in before.exchanges:
        statuses.setdefault(one.name.partition(" (")[0], []).append(one.answer.status)
    for route, found in statuses.items():
        if min(found) >= _REFUSED:
            yield f"no response below {_REFUSED}: {route} (send one of your own with --probes)"


CHECK = Check(name=COVERAGE, compare=_compare)
