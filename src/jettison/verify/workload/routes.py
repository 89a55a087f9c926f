"""Routes that were read from a running application's router, joined with what it documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from jettison.verify.workload.operation import Interface, Operation, Parameter, Place

# <int:id> of Flask and Django, {id:int} of Starlette, {id:\d+} of aiohttp
_PLACEHOLDER = re.compile(
    r"<(?:(?P<kind>[^<>:()]+)(?:\([^)]*\))?:)?(?P<name>\w+)>|\{(?P<named>\w+)(?::(?P<of>[^{}]+))?\}"
)
_KINDS: Mapping[str, Mapping[str, str]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}
_UNASKED = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"})


def route_operations(routes: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """Read ``{"path": …, "methods": […]}`` entries, in the order of the router."""
    return tuple(_operations(routes))


def _operations(routes: Iterable[Mapping[str, Any]]) -> Iterator[Operation]:
    for route in routes:
        parameters = tuple(
            Parameter(
                name=found["name"] or found["named"],
                place=Place.PATH,
                required=True,
                schema=_KINDS.get(found["kind"] or found["of"] or "", {"type": "string"}),
            )
            for found in _PLACEHOLDER.finditer(route["path"])
        )
        path = _PLACEHOLDER.sub(
            lambda found: f"{{{found['name'] or found['named']}}}", route["path"]
        )
        for method in sorted(set(route["methods"]) - _UNASKED):
            yield Operation(
                method=method, path=path if path.startswith("/") else f"/{path}",
                parameters=parameters,
            )  # fmt: skip


def join(documented: Interface, routed: Iterable[Operation]) -> Interface:
    """Add the routes that are not documented."""
    known = {operation.key for operation in documented.operations}
    added: dict[tuple[str, str], Operation] = {}
    for operation in routed:
        if operation.key not in known:
            added.setdefault(operation.key, operation)
    return replace(documented, operations=(*documented.operations, *added.values()))
