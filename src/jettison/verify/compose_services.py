"""What a compose file has run beside the application: what it needs, and its workers. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.systems import Services
from jettison.errors import InputSyntaxError
from jettison.formats import dotenv
from jettison.formats.compose import COMPOSE_NAMES, ComposeFile, Service, parse
from jettison.formats.dotenv import interpolate
from jettison.images.reference import last_name
from jettison.lift import Project
from jettison.lift.stage import FinalStage
from jettison.lift.stages import services_of
from jettison.source.operations_collect import find_script
from jettison.values import replace, whole_number
from jettison.verify.request import NeededService, Worker
from jettison.verify.stand_ins import image_of, initial_scripts


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

    These are what they depend on, and what variables of theirs name as a host. What another one
    depends on comes before it.
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
    needed = _in_order(_named(running, others), others)
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


def started_by(service: Service | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the words of the entry point and of the command that a service sets, or none."""
    entrypoint, command = (service.entrypoint, service.command) if service else (None, None)
    return entrypoint.words if entrypoint else (), command.words if command else ()


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
            entrypoint=started_by(service)[0],
            command=started_by(service)[1],
            environment=environment(service),
        )
        for service in compose.services
        if service.name in own and (service.command or service.entrypoint)
    )


DEFAULT_PORT = 8000
_NUMBER = r"(?:[\w.*\[\]-]*:)*(?P<port>\d{2,5})(?![\w.:])"
# Options of servers, and the keys of their files, that name an address or a port.
_OPTION = re.compile(
    r"(?:^|[\s\"'])(?:--(?:bind|port|http-port|http|https|http-socket|hosts?|listen|address"
    rf"|server[.-]port)|-b|-p)[\s=\"',]+{_NUMBER}"
)
_RUNSERVER = re.compile(rf"\brunserver(?:_plus)?[\s\"',]+{_NUMBER}")
_KEY = re.compile(
    rf"^[ \t]*(?:bind|http|http-socket|socket|port)\s*=[\s\"'\[(]*(?:f\")?{_NUMBER}", re.MULTILINE
)
_REFERENCE = re.compile(r"\$\{?PORT\b(?!\}?:?[-=])")
_ASSIGNED = re.compile(r"^[ \t]*(?:export[ \t]+)?(?:PORT=|:\s*\"?\$\{PORT:?=)", re.MULTILINE)
_SERVER = re.compile(
    r"\b(uvicorn|gunicorn|hypercorn|daphne|waitress|granian|uwsgi|runserver|fastapi|flask)\b"
)
# What servers listen on that are told nothing.
_OF_SERVERS = {"flask": 5000, "streamlit": 8501, "flower": 5555, "locust": 8089}


# A port that Python source names, as a keyword, in a variable, or in the address of a server.
_IN_SOURCE = re.compile(
    r"\bport\s*=\s*(?:int\()?\s*(?:[\w.]*(?:environ\.get|getenv)\(\s*[\"']\w+[\"']\s*,\s*)?[\"']?"
    r"(?P<port>\d{2,5})\b"
    r"|(?:Server|serve|server|listen|bind)\(\s*\(?\s*(?:[\"'][\w.:]*[\"']\s*,\s*)?(?P<other>\d{2,5})\b",
    re.IGNORECASE,
)
# What servers that source starts listen on when they are told nothing.
_OF_CALLS = {"web.run_app(": 8080, "Flask(": 5000, "Bottle(": 8080, "gradio": 7860}


def listening_ports(
    project: Project,
    stage: FinalStage,
    service: Service | None,
    environment: Mapping[str, str],
    sources: Iterable[str] = (),
) -> tuple[int, ...]:
    """Give TCP ports, the most likely one for HTTP first; the usual one when nothing tells any.

    A port that the command names comes before those that are only declared, and those before what
    is found in ``sources``, the Python that it starts.
    """
    known = {**stage.environment, **environment}
    declared = [port.partition("/")[0] for port in stage.ports]
    declared += [port.target for port in (service.ports if service else ())]
    expanded = (interpolate(text, known) for text in declared)
    exposed = [number for number in map(whole_number, expanded) if number is not None]
    texts = list(_started(project, stage, service))
    named = [port for text in texts for port in _ports_named(interpolate(text, known))]
    if not named and not exposed:
        named = [port for name, port in _OF_SERVERS.items() if re.search(rf"\b{name}\b", texts[0])]
        named += [port for text in sources for port in _ports_of_source(text)]
    return tuple(dict.fromkeys((*named, *exposed))) or (DEFAULT_PORT,)


def tells_of_server(project: Project, stage: FinalStage, service: Service | None) -> bool:
    """Whether a port is declared, or what is started is a server by its name."""
    declared = stage.ports or (service is not None and service.ports)
    return bool(declared) or _SERVER.search(next(_started(project, stage, service))) is not None


def wants_port(
    project: Project, stage: FinalStage, service: Service | None, environment: Mapping[str, str]
) -> bool:
    """Whether what is started reads ``PORT``, which the platform sets and nothing here does."""
    texts = tuple(_started(project, stage, service))
    return (
        "PORT" not in {**stage.environment, **environment}
        and any(map(_REFERENCE.search, texts))
        and not any(map(_ASSIGNED.search, texts))
    )


def started_sources(
    project: Project, stage: FinalStage, service: Service | None
) -> tuple[str, ...]:
    """Give the Python files of the context that the start command names."""
    words = next(_started(project, stage, service)).split()
    modules = (after.replace(".", "/") for word, after in pairwise(words) if word == "-m")
    names = [word for word in words if word.endswith(".py")]
    names += [f"{module}{ending}" for module in modules for ending in (".py", "/__main__.py")]
    found = (find_script(name, project.files) for name in names)
    return tuple(dict.fromkeys(path for path in found if path))


def _ports_of_source(text: str) -> Iterator[int]:
    for found in _IN_SOURCE.finditer(text):
        yield int(found["port"] or found["other"])
    yield from (port for call, port in _OF_CALLS.items() if call in text)


def _ports_named(text: str) -> Iterator[int]:
    for form in (_OPTION, _RUNSERVER, _KEY):
        for found in form.finditer(text):
            yield int(found["port"])


def _started(project: Project, stage: FinalStage, service: Service | None) -> Iterator[str]:
    """Give the start command, and the text of scripts and settings of servers that it names."""
    parts = [part.text if part.words is None else " ".join(part.words)
             for part in (stage.entrypoint, stage.command) if part]  # fmt: skip
    if service and service.entrypoint:
        parts = [" ".join(service.entrypoint.words)]
    if service and service.command:
        parts = [*parts[: len(parts) - bool(stage.command)], " ".join(service.command.words)]
    text = " ".join(parts)
    yield text
    seen: set[str] = set()
    waiting = [text]
    while waiting:
        for word in re.findall(r"[\w./:-]+", waiting.pop()):
            path = _file(project, word)
            if path and path not in seen:
                seen.add(path)
                waiting.append(project.texts[path])
                yield project.texts[path]


def _file(project: Project, word: str) -> str | None:
    """Find the file of the project that a word of a command names; it has an ending or a folder."""
    if word.startswith("python:"):
        word = word.removeprefix("python:").replace(".", "/") + ".py"
    name = posixpath.basename(word)
    if "/" not in word and "." not in word.strip("."):
        return None
    same = [path for path in project.texts if posixpath.basename(path) == name]
    return find_script(word, same)
