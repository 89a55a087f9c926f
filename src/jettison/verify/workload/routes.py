"""Routes that were read from a running application's router, joined with what it documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from jettison.values import replace
from jettison.verify.workload import ODD, Body, Interface, Operation, Parameter, Place
from jettison.verify.workload.openapi import interface

# <int:id> of Flask and Django, {id:int} of Starlette, {id:\d+} of aiohttp
_PLACEHOLDER = re.compile(
    r"<(?:(?P<kind>[^<>:()]+)(?:\([^)]*\))?:)?(?P<name>\w+)>|\{(?P<named>\w+)(?::(?P<of>[^{}]+))?\}"
)
_KINDS: Mapping[str, Mapping[str, str]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}
_UNASKED = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT"})


def route_operations(routes: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """Read ``{"path": …, "methods": […]}`` entries, in the order of the router.

    ``reads`` of an entry holds by method what its handler was seen to read: ``query`` (a schema)
    and ``body`` (a media type and a schema).
    """
    return tuple(_operations(routes))


def _operations(routes: Iterable[Mapping[str, Any]]) -> Iterator[Operation]:
    for route in routes:
        with suppress(*ODD):
            yield from tuple(_of_route(route))


def _of_route(route: Mapping[str, Any]) -> Iterator[Operation]:
    parameters = tuple(
        Parameter(
            name=found["name"] or found["named"],
            place=Place.PATH,
            required=True,
            schema=_KINDS.get(found["kind"] or found["of"] or "", {"type": "string"}),
        )
        for found in _PLACEHOLDER.finditer(route["path"])
    )
    path = _PLACEHOLDER.sub(lambda found: f"{{{found['name'] or found['named']}}}", route["path"])
    for method in sorted(set(route["methods"]) - _UNASKED):
        reads = (route.get("reads") or {}).get(method) or {}
        told = reads.get("documents") or {}
        yield Operation(
            method=method,
            path=path if path.startswith("/") else f"/{path}",
            parameters=(*parameters, *_query(reads)),
            body=_body(reads),
            compared={name: tuple(texts) for name, texts in (reads.get("compared") or {}).items()},
            sizes={name: tuple(sizes) for name, sizes in (reads.get("sizes") or {}).items()},
            documents={name: (kind, one) for name, (kind, one) in told.items()},
        )


def _query(reads: Mapping[str, Any]) -> Iterator[Parameter]:
    """Give what a handler reads of the query: only those without which it fails are required."""
    schema = reads.get("query") or {}
    for name, one in (schema.get("properties") or {}).items():
        needed = name in schema["required"]
        yield Parameter(name=name, place=Place.QUERY, required=needed, schema=one)


def _body(reads: Mapping[str, Any]) -> Body | None:
    if "body" not in reads:
        return None
    media_type, schema = reads["body"]
    return Body(media_type=media_type, schema=schema)


def placed(document: Mapping[str, Any], routed: Iterable[Operation]) -> Interface:
    """Read a document whose operations are where the router has them.

    The servers that it names may have a prefix that a proxy takes away.
    """
    declared = interface(document)
    bare = interface({**document, "servers": [], "basePath": ""})
    known = {operation.key for operation in routed}

    def found(one: Interface) -> bool:
        return any(operation.key in known for operation in one.operations)

    return bare if found(bare) and not found(declared) else declared


def join_documents(one: Interface, other: Interface) -> Interface:
    """Add what another document of the same application tells, such as one that is not served."""
    if not one.operations:
        return other
    joined = join(one, other.operations)
    return replace(joined, token_paths=one.token_paths or other.token_paths)


def join(documented: Interface, routed: Iterable[Operation]) -> Interface:
    """Add the routes that are not documented, and what is known of the source of the others."""
    found = {operation.key: operation for operation in documented.operations}
    for operation in routed:
        known = found.setdefault(operation.key, operation)
        compared = {**operation.compared, **known.compared}
        # a document tells neither the body nor the query that the handler reads by itself
        body = known.body or operation.body
        named = {one.name for one in known.parameters}
        queries = (one for one in operation.parameters if one.place is Place.QUERY)
        parameters = (*known.parameters, *(one for one in queries if one.name not in named))
        sizes = {**operation.sizes, **known.sizes}
        documents = {**operation.documents, **known.documents}
        found[operation.key] = replace(
            known,
            parameters=parameters,
            compared=compared,
            body=body,
            sizes=sizes,
            documents=documents,
        )
    # a document may have the same operation twice
    again = (found.pop(one.key, one) for one in documented.operations)
    return replace(documented, operations=(*again, *found.values()))
