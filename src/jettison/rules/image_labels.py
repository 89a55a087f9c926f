"""Label the image.

OCI labels show registries and scanners which application an image holds and where its source is.
Existing labels are kept as they are.

Source: github.com/opencontainers/image-spec, annotations.md, "Pre-Defined Annotation Keys".

Safe: labels do not change how an image runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.stages import service_of, services_of
from jettison.plan import Finding, Plan
from jettison.plan.changes import AddLabels
from jettison.rules.rule import Rule
from jettison.values import Evidence

# Names of services that say nothing about the application.
ROLES = frozenset(
    {"web", "app", "api", "backend", "server", "service", "django", "flask", "fastapi", "python"}
)
TITLE = "org.opencontainers.image.title"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find an image without a title."""
    if TITLE in plan.stage.labels:
        return
    title = title_of(plan)
    evidence = Evidence.of("label", f"no label {TITLE}", plan.stage.stage.origin)
    message = f"the image is labelled {title}"
    yield Finding.of(message, (evidence,), AddLabels(labels=((TITLE, title),)))


def title_of(plan: Plan) -> str:
    """The service's name where it says something, else the project's with the service's.

    The project's alone where several services run the image, of which the first may be any.
    """
    service = service_of(plan.project)
    shared = len(services_of(plan.project)) > 1
    if service is None or shared or service.name == plan.project.name:
        return plan.project.name
    return f"{plan.project.name}-{service.name}" if service.name in ROLES else service.name


RULE = Rule(name="image-labels", level=1, documentation=__doc__, detect=detect)
