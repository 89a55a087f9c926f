"""Finds what the application offers: its own document, its router, or both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.engines import Container
from jettison.engines.limits import Limits
from jettison.values import replace
from jettison.verify.application import application_of
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.client import IMPATIENT_SECONDS, Requests, send
from jettison.verify.exchange.session import Session
from jettison.verify.interior import inquire
from jettison.verify.observation import Conversation, Observation, Setting
from jettison.verify.request import (
    RESPONSE_SECONDS,
    Credentials,
    CustomRequest,
    VerificationRequest,
)
from jettison.verify.workload import Interface, Operation
from jettison.verify.workload.plan import few, some_of_each, usable, workload
from jettison.verify.workload.routes import join, join_documents, placed, route_operations
from jettison.verify.workload.step import Step, Training


def make_superuser(container: Container, setting: Setting) -> Exchange:
    """Make the account in a running container, with the site's own code.

    The exchange is compared like any other: status 200, or 0 and why it was not made.
    """
    application = application_of(setting)
    usual = table(Samples).account
    account = setting.request.credentials or Credentials(
        username=usual.username, password=usual.password
    )
    asked = {
        "files": application.settings_files,
        "folders": application.folders,
        "superuser": (account.username, usual.email, account.password),
    }
    answer, why = inquire(container, setting.facts, "django_site", asked, _Routed)
    if answer and answer.made:
        return _exchange("")
    return _exchange(why or "; ".join((answer and answer.failures) or ("no settings",)))


def _exchange(failure: str) -> Exchange:
    answer = Answer(status=0 if failure else _OK, failure=failure)
    return Exchange(name="make the account of the administration", answer=answer)


# Where frameworks put their document by default.
_DOCUMENTS = (
    "/openapi.json",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/schema/openapi.json",
    "/api/schema/?format=json",
    "/swagger.json",
    "/apispec_1.json",
)
_NAMED = re.compile(r"(openapi|swagger|apispec|schema|api-?docs)[\w-]*(\.json)?/?$", re.I)
_OK = 200
_OF_SOURCES = "en"
_DOCUMENT = 32 * 2**20


class _Routed(Struct, frozen=True, kw_only=True):
    """What the scripts ``routes`` and ``django_site`` give of an application.

    ``folders`` are those it serves, by address, ``hosts`` the names under which it answers, if not
    under any; ``made`` is the account that was requested.
    """

    routes: list[dict[str, Any]] = []
    openapi: list[dict[str, Any]] = []
    failures: list[str] = []
    superuser: bool = False
    folders: list[tuple[str, str]] = []
    hosts: list[str] = []
    made: str = ""


class Discovery(Struct, frozen=True, kw_only=True):
    """What was found; ``why`` says what could not be determined. ``superuser``: one can be made.

    ``routes`` is how many there are; of too many ``interface`` has ``fewer``.
    ``languages`` are those that the application has texts in, ``host`` the name under which it
    answers. ``unready`` is what was seen of an image that does not become ready.
    """

    interface: Interface = field(default_factory=Interface)
    routes: int = 0
    fewer: bool = False
    superuser: bool = False
    languages: tuple[str, ...] = ()
    host: str = ""
    why: str = ""
    unready: Observation | None = None


def conversation(
    found: Discovery,
    request: VerificationRequest,
    limits: Limits,
    training: Training | None = None,
) -> Conversation:
    """Give what is said to an application, and from what is found there on."""
    every = workload(found.interface, request.credentials)
    steps = few(every, limits.requests or len(every))
    return Conversation(
        steps=(*steps, *custom_steps(request.probes)),
        routes=found.routes,
        fewer=found.fewer or len(steps) < len(every),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
        languages=found.languages,
        training=training,
        host=found.host,
    )


def session_with(
    container: Container, request: VerificationRequest, talk: Conversation, seconds: float
) -> Session:
    """Begin to talk to a container on its first port, for so many seconds in all."""
    port = request.ports[0]
    requests = Requests(container.address(port), seconds, request.response_timeout)
    return Session(
        requests,
        talk.host or f"localhost:{port}",
        talk.token_scheme,
        languages=talk.languages,
        spent=requests.spent,
        training=talk.training,
    )


def discover(container: Container, setting: Setting) -> Discovery:
    """Ask a ready container of the image before."""
    routed, why = _routed(container, setting)
    host = host_among(routed.hosts, setting.request.ports[0])
    served = _served_document(container, setting.request, _DOCUMENTS, host)
    routes = route_operations(routed.routes)
    documents = (*((served,) if served else ()), *routed.openapi)
    if not documents:
        served = _served_document(container, setting.request, _telling(routes), host)
        documents = (served,) if served else ()
    found = Interface()
    for document in documents:
        found = join_documents(found, placed(document, routes))
    files = _served_files(container, setting, routed.folders)
    found = replace(join(found, routes), files=files)
    offered = len(found.operations)
    chosen = some_of_each(found, setting.engine.limits.requests or offered)
    found = usable(replace(found, operations=chosen))
    if found.operations:
        languages = _languages(container, setting)
        return Discovery(
            interface=found,
            routes=offered,
            fewer=len(chosen) < offered,
            superuser=routed.superuser,
            languages=languages,
            host=host,
        )
    failures = "; ".join(routed.failures) or why or "no known framework"
    plain = [
        Operation(method="GET", path=path)
        for path in dict.fromkeys(("/", setting.health_path or "/"))
    ]
    return Discovery(
        interface=Interface(operations=tuple(plain)),
        host=host,
        why=f"no routes could be found: {failures}",
    )


# What any host may be called, or this machine.
_ANY = re.compile(r"\*|\.?localhost(:\d+)?", re.I)
_NAME = re.compile(r"[a-z\d](?:[a-z\d.-]*[a-z\d])?(?P<port>:\d+)?", re.I)


def host_among(names: Iterable[str], port: int) -> str:
    """Give a host under which an application answers that takes some names alone.

    One that begins with a star or a point stands for all below it.
    """
    known = tuple(names)
    if not any(map(_ANY.fullmatch, known)):
        for name in known:
            full = re.sub(r"^\*?\.", "www.", name)
            if found := _NAME.fullmatch(full):
                return full if found["port"] else f"{full}:{port}"
    return f"localhost:{port}"


def _served_files(
    container: Container, setting: Setting, folders: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """Give the addresses of the files in folders that the application serves."""
    if not folders:
        return ()
    asked = {"list": "served", "folders": list(folders)}
    answer, _ = inquire(container, setting.facts, "lists", asked, list[str])
    return tuple(answer or ())


def _languages(container: Container, setting: Setting) -> tuple[str, ...]:
    """Give the languages that the application has catalogues of, as browsers name them."""
    folder = setting.facts.working_directory
    if not folder.strip("/"):
        return ()
    asked = {"list": "languages", "folder": folder}
    answer, _ = inquire(container, setting.facts, "lists", asked, list[str])
    # texts of the source itself have no catalogue
    return tuple(sorted({*answer, _OF_SOURCES})) if answer else ()


def _telling(routes: Iterable[Operation]) -> tuple[str, ...]:
    """Give the paths of routes that have the name of a document in a place of its own."""
    plain = (one.path for one in routes if one.method == "GET" and not one.parameters)
    return tuple(path for path in plain if path not in _DOCUMENTS and _NAMED.search(path))


def _served_document(
    container: Container, request: VerificationRequest, paths: Iterable[str], host: str
) -> dict[str, Any] | None:
    port, seconds = request.ports[0], RESPONSE_SECONDS
    for path in paths:
        headers = {"Host": host, "Accept": "application/json"}
        address = container.address(port)
        answer = send(address, "GET", path, headers, timeout=seconds, kept=_DOCUMENT)
        if answer.unended or not answer.status:
            # nor will the next one end
            seconds = IMPATIENT_SECONDS
        if answer.status == _OK and not answer.unended:
            try:
                document = json.loads(answer.body)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict) and isinstance(document.get("paths"), dict):
                return document
    return None


def _routed(container: Container, setting: Setting) -> tuple[_Routed, str]:
    application = application_of(setting)
    site = {"files": application.settings_files, "folders": application.folders}
    answer, why = inquire(container, setting.facts, "django_site", site, _Routed)
    if answer and answer.routes:
        return answer, ""
    asked = {
        "targets": application.targets,
        "folders": application.folders,
        "processes": "/proc",  # the container's own
    }
    answer, why = inquire(container, setting.facts, "routes", asked, _Routed)
    return (answer or _Routed()), why


def custom_steps(probes: Iterable[CustomRequest]) -> tuple[Step, ...]:
    """Give the user's own requests as steps."""
    return tuple(
        Step(
            method=probe.method,
            path=probe.path,
            variation="probe",
            headers=probe.headers,
            raw_body=probe.body,
        )
        for probe in probes
    )
