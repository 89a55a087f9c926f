"""On which ports an image listens, by what it declares, its commands and their files. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.facts import Project
from jettison.lift.stage import FinalStage
from jettison.project.compose import Service
from jettison.project.operations.collect import find_script
from jettison.project.variables import interpolate

DEFAULT_PORT = 8000
_NUMBER = r"(?:[\w.*\[\]-]*:)*(?P<port>\d{2,5})(?![\w.:])"
# Options of servers, and the keys of their files, that name an address or a port.
_OPTION = re.compile(
    r"(?:^|[\s\"'])(?:--(?:bind|port|http-port|http|https|http-socket|hosts?|listen|address"
    rf"|server[.-]port)|-b|-p)[\s=\"',]+{_NUMBER}"
)
_RUNSERVER = re.compile(rf"\brunserver(?:_plus)?[\s\"',]+{_NUMBER}")
_KEY = re.compile(
    rf"^\s*(?:bind|http|http-socket|socket|port)\s*=[\s\"'\[(]*(?:f\")?{_NUMBER}", re.MULTILINE
)
_REFERENCE = re.compile(r"\$\{?PORT\b(?!\}?:?[-=])")
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?(?:PORT=|:\s*\"?\$\{PORT:?=)", re.MULTILINE)
# What servers listen on that are told nothing.
_OF_SERVERS = {"flask": 5000, "streamlit": 8501, "flower": 5555, "locust": 8089}


def listening_ports(
    project: Project, stage: FinalStage, service: Service | None, environment: Mapping[str, str]
) -> tuple[int, ...]:
    """Give TCP ports, the most likely one for HTTP first; the usual one when nothing tells any.

    A port that the command names comes before those that are only declared.
    """
    known = {**stage.environment, **environment}
    declared = [port.partition("/")[0] for port in stage.ports]
    declared += [port.target for port in (service.ports if service else ())]
    expanded = (interpolate(text, known) for text in declared)
    exposed = [int(text) for text in expanded if text.isdigit()]
    texts = list(_started(project, stage, service))
    named = [port for text in texts for port in _named(interpolate(text, known))]
    if not named and not exposed:
        named = [port for name, port in _OF_SERVERS.items() if re.search(rf"\b{name}\b", texts[0])]
    return tuple(dict.fromkeys((*named, *exposed))) or (DEFAULT_PORT,)


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


def _named(text: str) -> Iterator[int]:
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
