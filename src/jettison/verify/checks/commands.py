"""The commands of the application and its distributions start as they did."""

from __future__ import annotations

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "commands"
# How one that imports what the plan took out says so.
_EXPLAINED = "Jettison removed"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    if before.stored is None or after.stored is None:
        return skipped(_NAME, "the commands could not be run")
    had, has = before.stored, after.stored
    worked = [name for name, (status, _) in had.commands.items() if not status]
    if not worked:
        return skipped(_NAME, "no command of a distribution ends well with --help")
    lost: list[str] = []
    notes: list[str] = []
    for name in worked:
        status, said = has.commands.get(name, (0, ""))
        last = said.strip().splitlines()[-1:]
        line = f"{name} --help ends with status {status}: {''.join(last)}"
        explained = _EXPLAINED in said or any(path.endswith(f"/{name}") for path in has.removed)
        if status:
            (notes if explained else lost).append(line)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if lost else Outcome.SAME,
        message="; ".join(lost) or f"{len(worked) - len(notes)} start with --help as they did",
        before=f"{len(worked)} start",
        after=f"{len(worked) - len(lost) - len(notes)} start",
        details=(*lost, *notes),
    )


CHECK = Check(name=_NAME, compare=_compare)
