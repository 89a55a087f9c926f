"""Finds what the application offers: its own document, its router, or both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from jettison.engines.engine import Container
from jettison.verify.exchange.client import send
from jettison.verify.interior import ask, find_interpreter
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.setting import Setting
from jettison.verify.superuser import application_of
from jettison.verify.workload.openapi import interface
from jettison.verify.workload.operation import Interface
from jettison.verify.workload.routes import join, route_operations

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
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found; ``why`` says what could not be learned. ``superuser``: one can be made.

    ``unready`` is what was seen of an image that does not become ready.
    """

    interface: Interface = field(default_factory=Interface)
    superuser: bool = False
    why: str = ""
    unready: Observation | None = None


def discover(container: Container, setting: Setting, request: VerificationRequest) -> Discovery:
    """Ask a ready container of the image before."""
    document = _served_document(container, request)
    routed, why = _routed(container, setting, request)
    document = document or routed.get("openapi")
    documented = interface(document) if document else Interface()
    found = join(documented, route_operations(routed.get("routes") or ()))
    if found.operations:
        return Discovery(interface=found, superuser=bool(routed.get("superuser")))
    failures = "; ".join(routed.get("failures") or ()) or why or "no known framework"
    return Discovery(why=f"no routes could be found: {failures}")


def _served_document(container: Container, request: VerificationRequest) -> dict[str, Any] | None:
    port = request.ports[0]
    for path in _DOCUMENTS:
        headers = {"Host": f"localhost:{port}", "Accept": "application/json"}
        answer = send(container.address(port), "GET", path, headers)
        if answer.status == _OK:
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
    asked = {"files": application.settings_files, "folders": application.folders}
    answer, why = ask(container, interpreter, "django_site", asked)
    if answer and answer.get("routes"):
        return answer, ""
    asked = {"targets": application.targets, "folders": application.folders}
    answer, why = ask(container, interpreter, "routes", asked)
    return (answer or {}), why
