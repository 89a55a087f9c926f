"""What a compose file has run beside the application: what it needs, and its workers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jettison.catalogue.reader import table
from jettison.facts import Project
from jettison.lift.services import services_of
from jettison.project.compose import Service
from jettison.verification.variables import as_run, environment
from jettison.verify.request import Companion, Worker


def companions_of(project: Project) -> tuple[Companion, ...]:
    """The services with an image of their own that those which run the application need.

    These are what they depend on, and what variables of theirs name as a host. What another one
    depends on comes before it.
    """
    compose = as_run(project)
    if compose is None:
        return ()
    own = {service.name for service in services_of(project)}
    running = [service for service in compose.services if service.name in own]
    others = {
        service.name: service
        for service in compose.services
        if service.image and service.build is None and service.name not in own
    }
    needed = _in_order(_named(running, others), others)
    return tuple(_companion(service) for service in needed)


def _named(services: Iterable[Service], others: dict[str, Service]) -> list[str]:
    found: list[str] = []
    for service in services:
        texts = [variable.value or "" for variable in service.environment]
        found += service.depends_on
        found += [
            name
            for name in others
            if any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text) for text in texts)
        ]
    return [name for name in dict.fromkeys(found) if name in others]


def _in_order(names: Iterable[str], others: dict[str, Service]) -> list[Service]:
    """Give services after those that they depend on; a circle is cut where it is met."""
    done: dict[str, Service] = {}
    ahead: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in ahead or name not in others:
            return
        ahead.add(name)
        for needed in _named([others[name]], others):
            visit(needed)
        done[name] = others[name]

    for name in names:
        visit(name)
    return list(done.values())


def _companion(service: Service) -> Companion:
    return Companion(
        name=service.name,
        image=service.image or "",
        environment=environment(service),
        command=service.command.words if service.command else (),
        port=_port(service),
    )


def _port(service: Service) -> int | None:
    """Give the port to wait for: what such images listen on, or the first that is declared."""
    name = (service.image or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
    known: int | None = table("services")["ports"].get(name)
    texts = [text.partition("/")[0] for text in service.expose]
    texts += [port.target for port in service.ports if port.protocol in {"", "tcp"}]
    return known or next((int(text) for text in texts if text.isdigit()), None)


def workers_of(project: Project) -> tuple[Worker, ...]:
    """The services that run the image with a command of their own."""
    compose = as_run(project)
    if compose is None:
        return ()
    own = {service.name for service in services_of(project)} - {project.service}
    return tuple(
        Worker(
            name=service.name,
            entrypoint=service.entrypoint.words if service.entrypoint else (),
            command=service.command.words if service.command else (),
            environment=environment(service),
        )
        for service in compose.services
        if service.name in own and (service.command or service.entrypoint)
    )
