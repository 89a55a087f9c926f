"""Check health with Python instead of a download tool.

A health check with curl or wget keeps that program, its libraries and a way to download things in
the production image for one request every 30 seconds. The Python that runs the application can make
the same request.

Source: blog.sixeyed.com, "Docker healthchecks: why not to use curl or iwr"; measured for this
project: a Python probe takes about 0.1 s.

Safe: only a plain GET of one URL is rewritten, and it succeeds for the same answers: with `curl -f`
and wget a status of 400 or more fails, with plain curl any answer will do; `curl -L` and wget
follow redirects. A port that is a variable is looked up when the check runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.health_probe import probe_of_check, python_of, script_of_check, why_not
from jettison.plan import Finding, Plan
from jettison.plan.changes import SetHealthCheck
from jettison.rules.rule import Rule
from jettison.values import Evidence

TOOLS = ("curl", "wget")


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a health check that calls curl or wget."""
    check, script = plan.stage.health_check, script_of_check(plan.stage)
    if check is None or script is None:
        return
    tool = next((word for c in script.programs for word in c.words if word in TOOLS), None)
    if tool is None:
        return
    probe, python = probe_of_check(plan.stage), python_of(plan.stage)
    evidence = Evidence(
        kind="health-check", message=f"HEALTHCHECK calls {tool}", origin=check.origin
    )
    if probe is None or python is None:
        why = why_not(script) if python else "no Python is known to be on PATH"
        yield Finding.advice(f"the health check keeps {tool}: {why}", evidence)
        return
    message = f"the health check requests {probe.path} with Python instead of {tool}"
    yield Finding.of(message, (evidence,), SetHealthCheck(words=(python, *probe.python()[1:])))


RULE = Rule(name="python-health-check", level=1, documentation=__doc__, detect=detect)
