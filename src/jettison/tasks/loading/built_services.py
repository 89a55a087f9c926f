"""The services of a compose file that build images, and which of them builds the one meant."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from jettison.errors import ProjectError
from jettison.formats.compose import ComposeFile, Service
from jettison.source.operations_images import (
    DEFAULT,
    PYTHON,
    ends_with_python,
    is_for_development,
)
from jettison.tasks.loading.published import with_port
from jettison.values import without_password


def built_services(compose: ComposeFile | None) -> list[Service]:
    """Give the services that build an image."""
    return [item for item in compose.services if item.build] if compose else []


def is_there(service: Service, read: Callable[[str], str | None]) -> bool:
    """Whether the Dockerfile of a service can be read, which may be a part of the compose file."""
    inline = service.build is not None and service.build.inline is not None
    return inline or read(place_of(service)[1]) is not None


def single(
    built: list[Service], compose: ComposeFile, read: Callable[[str], str | None]
) -> Service:
    """Give the first of services that build one and the same image.

    Of several it is the only Python image, or that of the folder's own Dockerfile, or the only one
    that ends with Python, or is built from the folder and not for development, or, where all are
    built from one folder, the first one with a port on the host.
    """
    images = {place_of(item) for item in built}
    python = [item for item in built if PYTHON.search(_text(item, read)[0])]
    own = [item for item in python if place_of(item) == ("", DEFAULT)]
    ending = [item for item in python if ends_with_python(*_text(item, read))]
    whole = [item for item in ending if not place_of(item)[0] and not _is_beside(item)]
    for found in (python, own, ending, whole):
        if len({place_of(item) for item in found}) == 1:
            return next((item for item in found if item in ending), found[0])
    if len({place_of(item)[0] for item in python}) == 1 and (one := with_port(whole or ending)):
        return one
    if len(images) > 1:
        listed = ", ".join(item.name for item in built)
        raise ProjectError(
            f"{compose.file} builds {len(images)} images",
            why=f"services that build: {listed}",
            hint="Name one with --service.",
        )
    return built[0]


def _text(service: Service, read: Callable[[str], str | None]) -> tuple[str, str, str | None]:
    path = place_of(service)[1]
    return read(path) or "", path, service.build.target if service.build else None


def _is_beside(service: Service) -> bool:
    """Whether a service or its Dockerfile is for development by its name."""
    parts = (service.name, *place_of(service)[1].lower().split("/"))
    return any(part == ".devcontainer" or is_for_development(part) for part in parts)


def place_of(service: Service) -> tuple[str, str]:
    """Context and Dockerfile of a service, relative to the project root."""
    build = service.build
    context = posixpath.normpath(without_password(build.context)[0]) if build else "."
    context = "" if context == "." else context
    return context, posixpath.normpath(
        posixpath.join(context, (build.dockerfile if build else None) or DEFAULT)
    )
