"""What a project says of how it is run, beside its image: compose files, a Procfile, its source.

Pure.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.systems import Services
from jettison.errors import InputSyntaxError
from jettison.formats import dotenv
from jettison.formats.compose import COMPOSE_NAMES, ComposeFile, Service, parse
from jettison.formats.dotenv import interpolate
from jettison.images.reference import last_name
from jettison.lift import Project
from jettison.lift.scopes.decide import console_scripts
from jettison.lift.search_path import beside_command
from jettison.lift.stages import services_of
from jettison.plan import Plan
from jettison.source.entries import likely_server
from jettison.source.tree import is_test
from jettison.values import replace, whole_number
from jettison.verify.application import DEFAULT_PORT
from jettison.verify.request import NeededService, Surroundings, Worker
from jettison.verify.stand_ins import image_of, initial_scripts, stand_in
from jettison.verify.stores import required_names


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


_HANDED_ON = re.compile(r"\$\{?\w+\}?")


class Neighbour(Struct, frozen=True, kw_only=True):
    """A service that builds another image of the same context, and its compose file."""

    path: str
    service: Service


def neighbours(project: Project) -> Iterator[Neighbour]:
    """Give the first service that publishes a port, of a compose file that was not taken."""
    path = next((name for name in COMPOSE_NAMES if name in project.texts), None)
    if path is None or project.compose_path is not None:
        return
    try:
        compose = as_run(replace(project, compose_path=path))
    except InputSyntaxError:
        return
    for service in compose.services if compose else ():
        context = posixpath.normpath(service.build.context) if service.build else None
        if context == (project.context or ".") and service.ports:
            yield Neighbour(path=path, service=service)
            return


def environment(service: Service) -> dict[str, str]:
    """Give the variables that are set; the last one of a name counts.

    One that only hands on a variable of the user's shell, which is not known here, is not set: the
    application has a default more often than a meaning for nothing.
    """
    return {
        one.name: interpolate(one.value, {})
        for one in service.environment
        if one.value is not None and not _HANDED_ON.fullmatch(one.value)
    }


def _with_files(project: Project, folder: str, service: Service) -> Service:
    found = [
        variable
        for name in service.env_file
        for variable in dotenv.beside(
            project.texts.get, posixpath.normpath(posixpath.join(folder, name))
        )
    ]
    return replace(service, environment=(*found, *service.environment))


def needed_services(project: Project) -> tuple[NeededService, ...]:
    """The services with an image of their own that those which run the application need.

    These are what they depend on, what variables of theirs name as a host, and databases, caches
    and brokers that start with them, whose hosts the source may name. What another one depends on
    comes before it.
    """
    compose = as_run(project)
    if compose is None:
        return ()
    own = {service.name for service in services_of(project)}
    running = [service for service in compose.services if service.name in own]
    others = {
        service.name: replace(service, image=image)
        for service in compose.services
        if service.name not in own and (image := image_of(project, service))
    }
    beside = (
        name for name, one in others.items() if not one.profiles and stand_in(one.image, _port(one))
    )
    needed = _in_order(dict.fromkeys((*_named(running, others), *beside)), others)
    return tuple(_needed_service(project, service) for service in needed)


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


def _needed_service(project: Project, service: Service) -> NeededService:
    return NeededService(
        name=service.name,
        image=service.image or "",
        environment=environment(service),
        command=started_by(service)[1],
        port=_port(service),
        initial=initial_scripts(project, service),
    )


def started_by(service: Service | None) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Give the words of the entry point and of the command that a service sets, and where it runs.

    What it does not set is empty, and is the image's.
    """
    if service is None:
        return (), (), ""
    entrypoint, command, told = service.entrypoint, service.command, service.working_dir or ""
    return (
        entrypoint.words if entrypoint else (),
        command.words if command else (),
        told if told.startswith("/") else "",
    )


def _port(service: Service) -> int | None:
    """Give the port to wait for: what such images listen on, or the first that is declared."""
    known: int | None = table(Services).ports.get(last_name(service.image or ""))
    texts = [text.partition("/")[0] for text in service.expose]
    texts += [port.target for port in service.ports if port.protocol in {"", "tcp"}]
    return known or next(filter(None, map(whole_number, texts)), None)


def workers_of(project: Project) -> tuple[Worker, ...]:
    """The services that run the image with a command of their own."""
    compose = as_run(project)
    if compose is None:
        return ()
    own = {service.name for service in services_of(project)} - {project.service}
    return tuple(
        Worker(
            name=service.name,
            entrypoint=entrypoint,
            command=command,
            environment=environment(service),
            directory=directory,
        )
        for service in compose.services
        if service.name in own and (service.command or service.entrypoint)
        for entrypoint, command, directory in [started_by(service)]
    )


_MOST_FILES = 400
_WEB = re.compile(r"^web:[ \t]*(.+)$", re.MULTILINE)
_OF_SHELLS = re.compile(r"[;&|<>`$()]")


def likely_start(plan: Plan, read: Callable[[str], str | None]) -> Surroundings | None:
    """Give how an image of the project is most likely run that starts nothing by itself.

    As its Procfile says, as its framework is served, or as a command that it installs. ``read``
    gives the text of a file of the project.
    """
    project, stage = plan.original, plan.original_stage
    parts = [one.words or one.text.split() for one in (stage.entrypoint, stage.command) if one]
    if sum(map(len, parts)) > 1:
        return None
    if words := _of_procfile(read(project.in_context("Procfile")) or ""):
        return Surroundings(
            entrypoint=words, ports=(DEFAULT_PORT,), environment={"PORT": str(DEFAULT_PORT)}
        )
    inside = beside_command(project, stage)
    prefix = "" if inside == "." else f"{inside}/"
    files = {
        path.removeprefix(prefix): project.in_context(path)
        for path in project.files
        if path.startswith(prefix)
    }
    sources = [one for one in files if one.endswith(".py") and not is_test(one)]
    # the outermost come first
    nearest = sorted(sources, key=lambda one: (one.count("/"), one))[:_MOST_FILES]
    texts = {one: read(files[one]) or "" for one in nearest}
    server = likely_server(texts, files.keys(), required_names(plan), DEFAULT_PORT)
    if server:
        folder = posixpath.normpath(posixpath.join(stage.folder, server.folder))
        command = ("python3", *server.words)
        return Surroundings(entrypoint=command, ports=(DEFAULT_PORT,), directory=folder)
    scripts = console_scripts(lambda name: read(project.in_context(name)))
    return Surroundings(entrypoint=(next(iter(scripts)),)) if scripts else None


def _of_procfile(text: str) -> tuple[str, ...]:
    """Give the words of the web process; none where a shell has to read them.

    Source: devcenter.heroku.com, "The Procfile".
    """
    found = _WEB.search(text)
    try:
        web = interpolate(found[1], {"PORT": str(DEFAULT_PORT)}) if found else ""
        return () if _OF_SHELLS.search(web) else tuple(shlex.split(web))
    except (ValueError, InputSyntaxError):
        return ()
