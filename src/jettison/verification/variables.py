"""The compose file as it is run: variables filled in, environment files read. Pure."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from jettison.facts import Project
from jettison.project import dotenv
from jettison.project.compose import ComposeFile, Service, parse


def as_run(project: Project) -> ComposeFile | None:
    """Give the compose file with all variables of its services; None without one.

    Where an environment file is not there, an example of it beside it is taken.
    """
    if project.compose_path is None:
        return None
    path = project.compose_path
    folder = posixpath.dirname(path)
    known = dotenv.beside(project.texts.get, posixpath.join(folder, ".env"))
    env = {one.name: one.value for one in known if one.value is not None}
    compose = parse(project.texts[path], file=path, env=env)
    return replace(
        compose, services=tuple(_with_files(project, folder, one) for one in compose.services)
    )


def environment(service: Service) -> dict[str, str]:
    """Give the variables that are set; the last one of a name counts."""
    return {one.name: one.value for one in service.environment if one.value is not None}


def _with_files(project: Project, folder: str, service: Service) -> Service:
    found = [
        variable
        for name in service.env_file
        for variable in dotenv.beside(
            project.texts.get, posixpath.normpath(posixpath.join(folder, name))
        )
    ]
    return replace(service, environment=(*found, *service.environment))
