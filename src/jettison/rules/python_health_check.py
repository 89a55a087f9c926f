"""What the image says of its Python: how it writes logs, and that it checks the health."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.health_probe import probe_of_check, python_of, script_of_check, why_not
from jettison.plan import Finding, Plan
from jettison.plan.changes import SetEnvironment, SetHealthCheck
from jettison.rules.rule import Rule
from jettison.values import Evidence

TOOLS = ("curl", "wget")


def python_health_check(plan: Plan) -> Iterator[Finding]:
    """Check health with Python instead of a download tool.

    A health check with curl or wget keeps that program, its libraries and a way to download things
    in the production image for one request every 30 seconds. The Python that runs the application
    can make the same request.

    Source: blog.sixeyed.com, "Docker healthchecks: why not to use curl or iwr"; measured for this
    project: a Python probe takes about 0.1 s.

    Safe: only a plain GET of one URL is rewritten, and it succeeds for the same answers: with `curl
    -f` and wget a status of 400 or more fails, with plain curl any answer will do; `curl -L` and
    wget follow redirects. A port that is a variable is looked up when the check runs.
    """
    check, script = plan.stage.health_check, script_of_check(plan.stage)
    if check is None or script is None:
        return
    tool = next((word for c in script.programs for word in c.words if word in TOOLS), None)
    if tool is None:
        return
    probe, python = probe_of_check(plan.stage), python_of(plan.stage)
    evidence = Evidence.of("health-check", f"HEALTHCHECK calls {tool}", check.origin)
    if probe is None or python is None:
        why = why_not(script) if python else "no Python is known to be on PATH"
        yield Finding.advice(f"the health check keeps {tool}: {why}", evidence)
        return
    message = f"the health check requests {probe.path} with Python instead of {tool}"
    yield Finding.of(message, (evidence,), SetHealthCheck(words=(python, *probe.python()[1:])))


PYTHON_HEALTH_CHECK = Rule.of("python-health-check", python_health_check, level=1)


UNBUFFERED = "PYTHONUNBUFFERED"


def python_environment(plan: Plan) -> Iterator[Finding]:
    """Write logs without buffering.

    Python buffers what it writes to a pipe. In a container standard output is a pipe, so the last
    lines before a crash are lost, and a log collector sees nothing for minutes.
    `PYTHONUNBUFFERED=1` writes through.

    Source: docs.python.org, "Command line and environment", PYTHONUNBUFFERED; the Python build
    packs of Heroku and the templates of Docker set it.

    Safe: it changes when lines are written, not what is written. A value that the Dockerfile sets
    stays.
    """
    without_python = plan.usage.sourceless and python_of(plan.stage) is None
    if UNBUFFERED in plan.stage.environment or without_python:
        return
    message = "log lines are written at once (PYTHONUNBUFFERED=1)"
    yield Finding.of(
        message,
        (
            Evidence.of(
                "environment", f"the final stage does not set {UNBUFFERED}", plan.stage.stage.origin
            ),
        ),
        SetEnvironment(variables=((UNBUFFERED, "1"),)),
    )


PYTHON_ENVIRONMENT = Rule.of("python-environment", python_environment, level=1)
