"""Stages built on another, the variables that they set, and the services that run them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.catalogue.packaging import Tools
from jettison.catalogue.reader import table
from jettison.formats.compose import Service
from jettison.formats.dockerfile import Stage, base_reference, pairs, raw_pairs
from jettison.lift.project import Project
from jettison.lift.stage import FinalStage
from jettison.values import Origin, once_each


def stages_on(stage: FinalStage) -> tuple[Stage, ...]:
    """The stages that begin with what the final stage leaves, in the order of the file."""
    return tuple(each for each in _later(stage) if _begins_with(each, stage))


def steps_on(stage: FinalStage) -> Iterator[Stage]:
    """Those of them that run steps of their own."""
    for each in stages_on(stage):
        if any(item.keyword == "RUN" for item in each.instructions):
            yield each


def _later(stage: FinalStage) -> Iterator[Stage]:
    yield from (each for each in stage.dockerfile.stages if each.index > stage.stage.index)


def _begins_with(each: Stage, stage: FinalStage) -> bool:
    found = stage.dockerfile.stage_named(base_reference(each, stage.dockerfile))
    return found is not None and found.index == stage.stage.index


def origin_of_variable(stage: FinalStage, name: str) -> Origin | None:
    """The last ENV that sets a variable; None for those of the base image."""
    return _origins_of_variables(stage).get(name)


@once_each
def _origins_of_variables(stage: FinalStage) -> Mapping[str, Origin]:
    found = [item for item in stage.inherited if item.keyword == "ENV"]
    return {name: item.origin for item in found for name, _ in pairs(item)}


def steering_pip(stage: FinalStage) -> Iterator[tuple[str, Origin]]:
    """The variables of a stage that decide what pip installs, with where they are set."""
    names = frozenset(table(Tools).pip.steering)
    for item in stage.inherited:
        if item.keyword in ("ARG", "ENV"):
            yield from ((name, item.origin) for name, _ in raw_pairs(item) if name in names)


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
