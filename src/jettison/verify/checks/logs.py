"""No kind of line that every run wrote is lost from the log, and no exception is new in it."""

from __future__ import annotations

import re

from jettison.verify.checks.check import Check, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "logs"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What differs between two runs, or between two places where Python is installed: months and days by
# name, ids, numbers, paths, and space.
_VARYING = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|(?<![\w-])(?=[\w-]*\d)[\w-]{12,}|0x[0-9a-f]+|\d+(?:\.\d+)?|(?:/[\w.+@%-]+){2,}|\s+"
)
_EXCEPTION = re.compile(r"^[\w.]*(?:Error|Exception|NotFound|Failure)\b")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b", re.I)
# of a log that has no end
_LINES = 20_000
_RUNS = 2
_SHOWN = 3


def kinds_of(log: str) -> frozenset[str]:
    """Give the kinds of lines of a log that name a level or an exception, each once.

    Lines that differ in numbers, times, ids and paths alone are of one kind; what they name stays,
    and so does the name of who wrote them.
    """
    lines = (_COLOURS.sub("", line).strip() for line in log.splitlines()[:_LINES])
    return frozenset(
        _kind(line)
        for line in lines
        if len(line) < 2000 and (_LEVEL.search(line) or _EXCEPTION.match(line))  # noqa: PLR2004
    )


def _kind(line: str) -> str:
    return _VARYING.sub(lambda found: " " if found[0].isspace() else "#", line)


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    if len(before.logs) < _RUNS or not after.logs:
        return skipped(_NAME, "the logs of too few runs are known")
    always = frozenset.intersection(*before.logs)
    ever = frozenset.union(*after.logs)
    lost = sorted(always - ever)
    new = sorted(
        line
        for line in frozenset.intersection(*after.logs) - frozenset.union(*before.logs)
        if _EXCEPTION.match(line)
    )
    changed = request.expected_command is not None and request.expected_command != _run(before)
    details = [f"is written no more: {line}" for line in lost]
    details += [f"a new exception: {line}" for line in new]
    different = new or (lost and not changed)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if different else Outcome.SAME,
        message="; ".join(details[:_SHOWN])
        if different
        else f"{len(always)} kinds of lines with a level or an exception are the same",
        before=f"{len(always)} kinds of lines",
        after=f"{len(always & ever)} of them",
        details=tuple(details),
    )


def _run(before: Observation) -> tuple[str, ...]:
    return (*before.facts.entrypoint, *before.facts.command)


CHECK = Check(name=_NAME, compare=_compare)
