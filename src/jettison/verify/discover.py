"""Finds what the application offers: its own document, its router, or both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from jettison.engines.engine import Container
from jettison.verify.exchange.client import send
from jettison.verify.interior import ask, find_interpreter
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.setting import Setting
from jettison.verify.superuser import application_of
from jettison.verify.workload.operation import Interface, Operation
from jettison.verify.workload.routes import join, join_documents, placed, route_operations

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
_DOCUMENT = 32 * 2**20


class Discovery(Struct, frozen=True, kw_only=True):
    """What was found; ``why`` says what could not be learned. ``superuser``: one can be made.

    ``unready`` is what was seen of an image that does not become ready.
    """

    interface: Interface = field(default_factory=Interface)
    superuser: bool = False
    why: str = ""
    unready: Observation | None = None


def discover(container: Container, setting: Setting, request: VerificationRequest) -> Discovery:
    """Ask a ready container of the image before."""
    served = _served_document(container, request, _DOCUMENTS)
    routed, why = _routed(container, setting, request)
    routes = route_operations(routed.get("routes") or ())
    documents = (*((served,) if served else ()), *(routed.get("openapi") or ()))
    if not documents:
        served = _served_document(container, request, _telling(routes))
        documents = (served,) if served else ()
    found = Interface()
    for document in documents:
        found = join_documents(found, placed(document, routes))
    files = _served_files(container, setting, routed.get("folders") or ())
    found = replace(join(found, routes), files=files)
    if found.operations:
        return Discovery(interface=found, superuser=bool(routed.get("superuser")))
    failures = "; ".join(routed.get("failures") or ()) or why or "no known framework"
    plain = [
        Operation(method="GET", path=path)
        for path in dict.fromkeys(("/", setting.health_path or "/"))
    ]
    return Discovery(
        interface=Interface(operations=tuple(plain)), why=f"no routes could be found: {failures}"
    )


def _served_files(
    container: Container, setting: Setting, folders: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """Give the addresses of the files in folders that the application serves."""
    interpreter = find_interpreter(container, setting.facts) if folders else None
    if interpreter is None:
        return ()
    answer, _ = ask(container, interpreter, "served", {"folders": list(folders)})
    return tuple(answer or ())


def _telling(routes: Iterable[Operation]) -> tuple[str, ...]:
    """Give the paths of routes that have the name of a document in a place of its own."""
    plain = (one.path for one in routes if one.method == "GET" and not one.parameters)
    return tuple(path for path in plain if path not in _DOCUMENTS and _NAMED.search(path))


def _served_document(
    container: Container, request: VerificationRequest, paths: Iterable[str]
) -> dict[str, Any] | None:
    port = request.ports[0]
    for path in paths:
        headers = {"Host": f"localhost:{port}", "Accept": "application/json"}
        answer = send(container.address(port), "GET", path, headers, kept=_DOCUMENT)
        if answer.status == _OK and not answer.unended:
            try:
                document = json.loads(answer.body)
            except ValueError:
                continue
            if isinstance(document, dict) and isinstance(document.get("paths"), dict):
                return document
    return None


def _routed(
    container: Container, setting: Setting, request: VerificationRequest
) -> tuple[dict[str, Any], str]:
    interpreter = find_interpreter(container, setting.facts)
    if interpreter is None:
        return {}, "there is no Python on the path of the image"
    application = application_of(setting, request)
    site = {"files": application.settings_files, "folders": application.folders}
    answer, why = ask(container, interpreter, "django_site", site)
    if answer and answer.get("routes"):
        return answer, ""
    asked = {
        "targets": application.targets,
        "folders": application.folders,
        "processes": "/proc",  # the container's own
    }
    answer, why = ask(container, interpreter, "routes", asked)
    return (answer or {}), why
