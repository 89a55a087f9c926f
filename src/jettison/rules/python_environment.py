"""Write logs without buffering.

Python buffers what it writes to a pipe. In a container standard output is a pipe, so the last
lines before a crash are lost, and a log collector sees nothing for minutes. `PYTHONUNBUFFERED=1`
writes through.

Source: docs.python.org, "Command line and environment", PYTHONUNBUFFERED; the Python build packs
of Heroku and the templates of Docker set it.

Safe: it changes when lines are written, not what is written. A value that the Dockerfile sets
stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.health_probe import python_of
from jettison.plan import Finding, Plan
from jettison.plan.changes import SetEnvironment
from jettison.rules.rule import Rule
from jettison.values import Evidence

UNBUFFERED = "PYTHONUNBUFFERED"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find that the final stage does not set PYTHONUNBUFFERED."""
    without_python = plan.usage.sourceless and python_of(plan.stage) is None
    if UNBUFFERED in plan.stage.environment or without_python:
        return
    message = "log lines are written at once (PYTHONUNBUFFERED=1)"
    yield Finding.of(
        message,
        (
            Evidence(
                kind="environment",
                message=f"the final stage does not set {UNBUFFERED}",
                origin=plan.stage.stage.origin,
            ),
        ),
        SetEnvironment(variables=((UNBUFFERED, "1"),)),
    )


RULE = Rule(name="python-environment", level=1, documentation=__doc__, detect=detect)
