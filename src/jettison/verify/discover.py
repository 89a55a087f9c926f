"""Finds what the application offers: its own document, its router, or both."""

from __future__ import annotations

import json
from typing import Any

from jettison.engines.engine import Container
from jettison.verify.application import find_application
from jettison.verify.exchange.client import send
from jettison.verify.interior import ask, find_interpreter
from jettison.verify.observe import Setting
from jettison.verify.request import VerificationRequest
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


def discover(
    container: Container, setting: Setting, request: VerificationRequest
) -> tuple[Interface, str]:
    """Ask a ready container of the image before; the text says what could not be learned."""
    document = _served_document(container, request)
    routed, why = _routed(container, setting, request)
    document = document or routed.get("openapi")
    documented = interface(document) if document else Interface()
    found = join(documented, route_operations(routed.get("routes") or ()))
    if found.operations:
        return found, ""
    failures = "; ".join(routed.get("failures") or ()) or why
    return found, f"no routes could be found: {failures or 'no known framework'}"


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
    command = request.command or (*setting.facts.entrypoint, *setting.facts.command)
    environment = {**dict(setting.facts.environment), **request.environment}
    application = find_application(command, environment, request.application)
    answer, why = ask(
        container,
        interpreter,
        "routes",
        {
            "targets": application.targets,
            "django": application.settings_files,
            "folders": application.folders,
        },
    )
    return (answer or {}), why
