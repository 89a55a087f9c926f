"""Requests for what a GraphQL schema offers: each query with the plain fields of what it gives.

Source: spec.graphql.org, October 2021, "Introspection".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from jettison.verify.workload.operation import Interface, Json
from jettison.verify.workload.sample import Extent, sample
from jettison.verify.workload.step import Payload, Step

_PATH = re.compile(r"(^|/)(graphql|gql)/?$", re.I)
_JSON = "application/json"
_TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"
_SCHEMA = (
    "{ __schema { queryType { name } types { kind name enumValues { name } fields { name "
    f"args {{ name defaultValue type {{ {_TYPE} }} }} type {{ {_TYPE} }} }} }} }} }}"
)
_QUERIES = 60
_DEPTH = 3
_SCALARS: Mapping[str, str] = {"Int": "integer", "Float": "number", "Boolean": "boolean"}


def schema_steps(interface: Interface) -> Iterator[Step]:
    """Ask for the schema wherever a path looks like GraphQL's."""
    for path in dict.fromkeys(one.path for one in interface.operations if _PATH.search(one.path)):
        yield _step(path, _SCHEMA, "schema of GraphQL")


def query_steps(path: str, document: Json) -> Iterator[Step]:
    """Give a request for each query of a schema that was asked for; nothing for other answers."""
    try:
        schema = document["data"]["__schema"]
        types = {one["name"]: one for one in schema["types"]}
        queries = types[schema["queryType"]["name"]]["fields"] or ()
    except (KeyError, TypeError):
        return
    for query in queries[:_QUERIES]:
        text = f"{query['name']}{_arguments(query, types)}{_selected(query['type'], types, _DEPTH)}"
        yield _step(path, f"{{ {text} }}", f"query {query['name']}")


def _step(path: str, text: str, name: str) -> Step:
    body = Payload(media_type=_JSON, value={"query": text})
    return Step(method="POST", path=path, variation=name, payload=body)


def _arguments(query: Mapping[str, Json], types: Mapping[str, Json]) -> str:
    needed = (
        f"{one['name']}: {_value(one['name'], one['type']['ofType'], types)}"
        for one in query["args"]
        if one["type"]["kind"] == "NON_NULL" and one["defaultValue"] is None
    )
    text = ", ".join(needed)
    return f"({text})" if text else ""


def _value(name: str, kind: Json, types: Mapping[str, Json]) -> str:
    if kind["kind"] == "LIST":
        return "[]"
    if kind["kind"] == "ENUM":
        return str(types[kind["name"]]["enumValues"][0]["name"])
    plain = {"type": _SCALARS.get(kind["name"], "string")}
    return json.dumps(sample(plain, name, Extent.MINIMAL))


def _selected(kind: Json, types: Mapping[str, Json], depth: int) -> str:
    """Give the fields of an object that need no argument, and those of the objects in it."""
    while kind.get("ofType"):
        kind = kind["ofType"]
    fields = (types.get(kind["name"]) or {}).get("fields") or ()
    if not fields:
        return ""
    found = ["__typename"]
    for field in fields:
        if any(one["type"]["kind"] == "NON_NULL" for one in field["args"]):
            continue
        inner = _selected(field["type"], types, depth - 1) if depth > 1 else ""
        if inner or _is_plain(field["type"], types):
            found.append(f"{field['name']}{inner}")
    return f" {{ {' '.join(found)} }}"


def _is_plain(kind: Json, types: Mapping[str, Json]) -> bool:
    while kind.get("ofType"):
        kind = kind["ofType"]
    return not (types.get(kind["name"]) or {}).get("fields") and kind["kind"] in ("SCALAR", "ENUM")
