"""The stop signal ends the application within its grace period."""

from __future__ import annotations

from jettison.verify.checks.check import Check, often, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "signals"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if not before.starts or not after.starts:
        return skipped(_NAME, "one of the images was not running")
    had, has = ([one.stopped.killed for one in seen.starts] for seen in (before, after))
    if any(has) and not any(had):
        outcome, message = Outcome.DIFFERENT, f"has to be killed now{often(has)}"
    elif all(had) and not any(has):
        outcome, message = Outcome.IMPROVED, "ends by itself now; it had to be killed"
    elif any(has):
        outcome, message = Outcome.SAME, "has to be killed in both"
    else:
        outcome, message = _statuses(before, after, request)
    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=_shown(before), after=_shown(after)
    )


def _statuses(
    before: Observation, after: Observation, request: VerificationRequest
) -> tuple[Outcome, str]:
    """Compare exit statuses; another command may end with another one, but not fail instead."""
    had, has = ({one.stopped.exit_status for one in seen.starts} for seen in (before, after))
    same_command = request.expected_command is None
    if not had & has and (0 in had or same_command):
        one, other = (" or ".join(map(str, sorted(each))) for each in (had, has))
        return Outcome.DIFFERENT, f"ended with status {one} and ends with {other}"
    return Outcome.SAME, "ends by itself in both"


def _shown(seen: Observation) -> str:
    stopped = next((one.stopped for one in seen.starts if one.stopped.killed), None)
    stopped = stopped or seen.starts[-1].stopped
    how = "killed" if stopped.killed else f"status {stopped.exit_status}"
    return f"{how} after {stopped.seconds:.1f} s"


CHECK = Check(name=_NAME, compare=_compare)
