"""The check of the log: kinds of lines, of which none may be lost."""

from __future__ import annotations

import re

from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.check import Check, keeps_command, skipped
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest

_LOGS = "logs"
NO_MORE = "is written no more: "
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What differs between two runs, or between two places where Python is installed: months and days by
# name, ids, numbers, paths, and space.
_VARYING = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|(?<![\w-])(?=[\w-]*\d)[\w-]{12,}|0x[0-9a-f]+|\d+(?:\.\d+)?|(?:/[\w.+@%-]+){2,}|\s+"
)
_EXCEPTION = re.compile(r"^[\w.]*(?:Error|Exception|NotFound|Failure)\b")
# Not a part of a name, as in `attrs-25.1.dist-info`; the first of a line is its own.
_LEVEL = re.compile(
    r"(?<![\w./-])(?:(DEBUG|TRACE)|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)(?![\w-])", re.I
)
_WORD = re.compile(r"[^\W\d_]+")
_FORM = "lines such as "
# Python warns where it compiles, which byte code spares; what is indented belongs to other lines.
_OF_A_WARNING = re.compile(r"^\s|Warning: |^Traceback")
# Written or not as one thread is faster than another. Source: gunicorn 27.0.1, ctl/server.py: the
# server that says so is stopped whenever a worker is forked.
_OF_A_RACE = re.compile(r"Control socket listening at")
# From so many on, forms are those of a text.
_FEW = 30
# of a log, or a line, that has no end
_LINES, _LONGEST = 20_000, 2000
_RUNS = 2
_SHOWN = 3


def kinds_of(log: str) -> frozenset[str]:
    """Give the kinds of lines of a log, each once.

    Lines that differ in numbers, times, ids and paths alone are of one kind; what they name stays,
    and so does the name of who wrote them. Of lines without a level or an exception only the form
    counts, as that of the lines of requests, and of those for debugging, which name whatever is
    there.
    """
    lines = [_COLOURS.sub("", line).rstrip() for line in log.splitlines()[:_LINES]]
    lines = [one for one in lines if 0 < len(one) < _LONGEST and not _OF_A_RACE.search(one)]
    telling = set(filter(_tells, map(str.strip, lines)))
    plain = (line for line in lines if line not in telling and not _OF_A_WARNING.search(line))
    forms = {_WORD.sub("a", _kind(line)) for line in plain}
    return frozenset((*map(_kind, telling), *(f"{_FORM}{one}" for one in forms)))


def _tells(line: str) -> bool:
    level = _LEVEL.search(line)
    return bool(level and not level[1]) or bool(_EXCEPTION.match(line))


def _kind(line: str) -> str:
    return _VARYING.sub(lambda found: " " if found[0].isspace() else "#", line)


def _compare_logs(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    if len(before.logs) < _RUNS or not after.logs:
        return skipped(_LOGS, "the logs of too few runs are known")
    always = frozenset.intersection(*before.logs)
    ever = frozenset.union(*after.logs)
    if before.starts and after.starts:
        # also what is written at the end
        always |= frozenset.intersection(*(one.log for one in before.starts))
        ever |= frozenset.union(*(one.log for one in after.starts))
    if sum(one.startswith(_FORM) for one in always) > _FEW:
        always = frozenset(one for one in always if not one.startswith(_FORM))
    lost = sorted(always - ever)
    new = sorted(
        line
        for line in frozenset.intersection(*after.logs) - frozenset.union(*before.logs)
        if _EXCEPTION.match(line)
    )
    changed = not keeps_command(request, before.facts)
    details = [f"{NO_MORE}{line}" for line in lost]
    details += [f"a new exception: {line}" for line in new]
    different = new or (lost and not changed)
    return CheckResult(
        name=_LOGS,
        outcome=Outcome.DIFFERENT if different else Outcome.SAME,
        message="; ".join(details[:_SHOWN]) if different else f"{len(always)} kinds are the same",
        before=f"{len(always)} kinds of lines",
        after=f"{len(always & ever)} of them",
        details=tuple(details),
    )


LOGS_CHECK = Check(name=_LOGS, compare=_compare_logs)
