"""From a plan's built image to the evidence for what can be removed by a trace."""

from __future__ import annotations

from jettison.engines.engine import Engine
from jettison.installed.found import python_of
from jettison.installed.observed import Observed
from jettison.installed.reach import reached
from jettison.installed.standard_reach import reached_standard
from jettison.lift.environment import BuiltEnvironment, environment_of
from jettison.plan.plan import Plan
from jettison.progress import Progress, step
from jettison.settings import Ask
from jettison.trace.kept_links import KeptLinks
from jettison.trace.tracing import trace
from jettison.values import Skipped
from jettison.verify.request import VerificationRequest


def observed(
    plan: Plan, request: VerificationRequest, engine: Engine, progress: Progress
) -> Observed | Skipped:
    """Watch the image that was built from ``plan``, and follow imports from what it touched."""
    where = environment_of(plan.project, plan.stage)
    path = where.path if isinstance(where, BuiltEnvironment) else ""
    seen = trace(request, path, engine, progress)
    if isinstance(seen, Skipped):
        return seen
    config = seen.image.config
    python = python_of(seen.image, (*config.entrypoint, *config.command))
    with step(progress, "Following imports"):
        links = KeptLinks()
        reach = reached(seen.installed, seen.trace, plan.wishes.kept, links.read)
        asked = (wish.text for wish in plan.settings.wishes if wish.ask is Ask.KEEP)
        standard = reached_standard(seen.installed, seen.trace, reach, asked, links.read)
        links.save()
    return Observed(
        installed=seen.installed,
        trace=seen.trace,
        reach=reach,
        standard=standard,
        system=seen.image.system,
        python=python.program if python else "",
        config=config,
    )
