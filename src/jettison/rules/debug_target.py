"""Add a second target: the image with a shell.

An image without a shell is hard to inspect. The target `debug` has the same files and starts a
shell. The image itself remains the last stage, so `docker build .` builds the same as before.

Source: docs.docker.com, "Multi-stage builds", targets; distroless, "Debug images".

Safe: the image does not change. Applied only with `--debug`.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lower.composed_base import DEBUG, is_composed, shell_place
from jettison.plan import Finding, Plan
from jettison.plan.changes import AddDebugTarget
from jettison.rules.rule import Rule
from jettison.values import Evidence


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a Dockerfile without the requested debug target."""
    stage = plan.stage
    last = stage.dockerfile.stages[-1]
    if not plan.debug or stage.dockerfile.stage_named(DEBUG) or stage.stage.index != last.index:
        return
    shell = shell_place(stage) if is_composed(stage) else ""
    message = "the image has no shell" if shell else "the image has a shell"
    yield Finding.of(
        "the target debug has the same files and a shell",
        (Evidence(kind="shell", message=message, origin=last.origin),),
        AddDebugTarget(shell=shell),
    )


RULE = Rule(name="debug-target", level=1, documentation=__doc__, detect=detect)
