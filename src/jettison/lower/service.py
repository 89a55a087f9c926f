"""Makes the compose service fit for production."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.changes import HardenService
from jettison.facts import Project
from jettison.lower.compose_production import production_compose


def harden_service(project: Project, change: HardenService) -> Mapping[str, str]:
    """Give the compose file with the service changed; every other line stays."""
    path = project.compose_path
    if path is None:
        return {}
    text = production_compose(
        project.texts[path],
        service=change.service,
        mounts_to_remove=change.mounts,
        healthcheck_test=change.health_check,
        volumes=change.volumes,
        read_only=change.read_only,
        restricted=change.restricted,
        file=path,
    )
    return {path: text}
