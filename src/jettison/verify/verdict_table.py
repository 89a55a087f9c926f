"""A verdict as plain text that reads without colour."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.verify.verdict import COVERAGE, CheckResult, Outcome, Subject, Verdict

_MARKS = {
    Outcome.SAME: "same",
    Outcome.IMPROVED: "better",
    Outcome.DIFFERENT: "DIFFERENT",
    Outcome.SKIPPED: "skipped",
}
_MEGABYTE = 1_000_000
_DETAILS_SHOWN = 10


def verdict_table(verdict: Verdict) -> str:
    """Give one line for each check, what differs below it, and the verdict last."""
    return "\n".join((*map(_printable, _lines(verdict)), "")) + "\n"


def _printable(line: str) -> str:
    """Leave out what would steer a terminal: parts of the text come from the application."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _lines(verdict: Verdict) -> Iterator[str]:
    width = max((len(check.name) for check in verdict.checks), default=0)
    for check in verdict.checks:
        yield f"{check.name:<{width}}  {_MARKS[check.outcome]:<9}  {check.message}"
        if check.outcome is Outcome.DIFFERENT:
            yield from _details(check, width)
    yield ""
    yield f"before: {_figures(verdict.before)}"
    yield f"after:  {_figures(verdict.after)}"
    yield _conclusion(verdict)


def _details(check: CheckResult, width: int) -> Iterator[str]:
    margin = " " * (width + 13)
    for detail in check.details[:_DETAILS_SHOWN]:
        yield f"{margin}- {detail}"
    left = len(check.details) - _DETAILS_SHOWN
    if left > 0:
        yield f"{margin}  and {left} more (all of them are in the JSON)"


def _figures(subject: Subject) -> str:
    startup = subject.startup_seconds
    ready = "did not start" if startup is None else f"healthy after {startup:.2f} s"
    memory = "" if subject.memory is None else f", {subject.memory / _MEGABYTE:.0f} MB at rest"
    return ready + memory


def _conclusion(verdict: Verdict) -> str:
    if verdict.equivalent:
        compared = sum(check.outcome is not Outcome.SKIPPED for check in verdict.checks)
        executed = [
            check.message for check in verdict.checks if check.name == COVERAGE and check.before
        ]
        return "; ".join((f"Verdict: equivalent ({compared} checks)", *executed))
    if not verdict.differences:
        return "Verdict: not known (nothing that the application does could be compared)"
    return f"Verdict: not equivalent ({', '.join(check.name for check in verdict.differences)})"
