"""What an application gets of the host: privileges, devices, sockets and system folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.formats.compose import ComposeMount, MountKind, Service
from jettison.lift import Project
from jettison.lift.stages import services_of
from jettison.lift.usage import Usage
from jettison.values import Evidence


def is_of_the_host(mount: ComposeMount) -> bool:
    """Whether a mount shows a part of the host's system, which is no data of the application."""
    source = posixpath.normpath(mount.source)
    return mount.kind is MountKind.BIND and (
        source == "/" or f"{source}/".startswith(table(Tools).of_the_host.folders)
    )


def is_shared(service: Service, mount: ComposeMount) -> bool:
    """Whether a mount stands in a part that the service only refers to."""
    start, line = service.origin.line, mount.origin.line
    return start is not None and line is not None and line < start


def needs_the_host(project: Project, usage: Usage) -> Iterator[Evidence]:
    """Why another user than root may not reach what the application has of the host."""
    known = table(Tools)
    for service in services_of(project):
        for key in service.grants:
            message = (
                f"the compose file sets {key} for {service.name}: another user has no use of it"
            )
            yield Evidence(kind="compose", message=message, origin=service.origin_of(key))
        for mount in service.volumes:
            socket = mount.target in known.container_clients.sockets
            readable = posixpath.normpath(mount.source) in known.of_the_host.readable
            if is_of_the_host(mount) and not socket and not readable:
                message = f"{mount.source} belongs to the host, where another user may not read it"
                yield Evidence(kind="mount", message=message, origin=mount.origin)
    modules = (*known.container_clients.modules, *known.of_the_host.modules)
    for name, places in usage.imports.items():
        if name.partition(".")[0] in modules:
            message = f"{name} uses a socket or a device that belongs to root"
            yield Evidence(kind="import", message=message, origin=places[0].origin)
    for word in known.of_the_host.words:
        if word in usage.words:
            message = f"{word} is a raw socket, which only root opens"
            yield Evidence(kind="source", message=message, origin=usage.words[word])
