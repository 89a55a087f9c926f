"""The compose services that run the image."""

from __future__ import annotations

import posixpath
import re

from jettison.facts import Project
from jettison.project.compose import Service

DEVELOPMENT = re.compile(
    r"(^|[-_.])(dev|devel|development|tests?|testing|lint|ci|docs|notebook)($|[-_.])"
)


def service_of(project: Project) -> Service | None:
    """The compose service that the image is built for."""
    return project.compose.service(project.service) if project.compose and project.service else None


def services_of(project: Project) -> tuple[Service, ...]:
    """Every service that runs the image, in the order of the file: workers run it too."""
    chosen = service_of(project)
    if chosen is None or project.compose is None:
        return ()
    return tuple(
        one
        for one in project.compose.services
        if one.name == chosen.name or (_is_alike(one, chosen) and not _is_for_development(one))
    )


def _is_for_development(service: Service) -> bool:
    """Whether a service's name or profile says that developers run it."""
    return any(DEVELOPMENT.search(word) for word in (service.name, *service.profiles))


def _is_alike(one: Service, chosen: Service) -> bool:
    if one.build is None or chosen.build is None:
        return one.name == chosen.name or (one.image is not None and one.image == chosen.image)
    return _built(one) == _built(chosen)


def _built(service: Service) -> tuple[str, str, str | None]:
    build = service.build
    if build is None:
        return "", "", None
    return posixpath.normpath(build.context), build.dockerfile or "Dockerfile", build.target
