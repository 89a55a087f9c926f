"""The stop signal ends the application within its grace period."""

from __future__ import annotations

from jettison.engines.engine import Stopped
from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "signals"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    had, has = before.stopped, after.stopped
    if had is None or has is None:
        return skipped(_NAME, "one of the images was not running")
    if has.killed and not had.killed:
        outcome, message = Outcome.DIFFERENT, "has to be killed now"
    elif had.killed and not has.killed:
        outcome, message = Outcome.IMPROVED, "ends by itself now; it had to be killed"
    elif has.killed:
        outcome, message = Outcome.SAME, "has to be killed in both"
    else:
        outcome, message = Outcome.SAME, "ends by itself in both"
    return CheckResult(
        name=_NAME, outcome=outcome, message=message, before=_shown(had), after=_shown(has)
    )


def _shown(stopped: Stopped) -> str:
    how = "killed" if stopped.killed else f"status {stopped.exit_status}"
    return f"{how} after {stopped.seconds:.1f} s"


CHECK = Check(name=_NAME, compare=_compare)
