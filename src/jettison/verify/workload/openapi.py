"""OpenAPI, Swagger, GraphQL and Gradio documents as requests. Lenient: of what is odd, nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice

from jettison.verify.workload import (
    ODD,
    Body,
    Interface,
    Json,
    Operation,
    Parameter,
    Place,
    Schema,
    TokenScheme,
)
from jettison.verify.workload.sample import Extent, sample
from jettison.verify.workload.step import Payload, Remembered, Step

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_DEPTH = 8
# The order in which a body that can come in several media types is sent.
_PREFERRED = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")


def interface(document: Mapping[str, Json]) -> Interface:
    """Read a document that was already parsed."""
    base = str(document.get("basePath") or "").rstrip("/") or _server_path(document)
    token_scheme, token_paths = TokenScheme(), tuple[str, ...]()
    with suppress(*ODD):
        schemes = _schemes(document)
        token_scheme, token_paths = _token_scheme(schemes), tuple(_token_paths(schemes, base))
    return Interface(
        operations=tuple(_operations(_References(document), base)),
        token_scheme=token_scheme,
        token_paths=token_paths,
    )


def _server_path(document: Mapping[str, Json]) -> str:
    with suppress(*ODD):
        url = str(document["servers"][0]["url"] or "")
        return url.rstrip("/") if url.startswith("/") else ""
    return ""


def _operations(references: _References, base: str) -> Iterator[Operation]:
    paths = references.document.get("paths")
    for path, entry in paths.items() if isinstance(paths, Mapping) else ():
        for method, declared in entry.items() if isinstance(entry, Mapping) else ():
            if method in _METHODS and isinstance(declared, Mapping):
                with suppress(*ODD):
                    shared = entry.get("parameters") or []
                    yield _operation(references, method.upper(), base + path, declared, shared)


def _operation(
    references: _References,
    method: str,
    path: str,
    declared: Mapping[str, Json],
    shared: list[Json],
) -> Operation:
    raw = [references.expanded(entry) for entry in (*shared, *declared.get("parameters", []))]
    return Operation(
        method=method,
        path=path,
        parameters=tuple(_parameters(raw)),
        body=_body(references, declared) or _swagger_body(raw, declared),
        secured=bool(declared.get("security", references.document.get("security"))),
    )


def _parameters(raw: list[Json]) -> Iterator[Parameter]:
    places = {place.value for place in Place}
    for entry in raw:
        if entry.get("in") in places:
            schema = dict(entry.get("schema") or entry)
            for said in ("description", "example"):
                if said in entry:
                    schema.setdefault(said, entry[said])
            yield Parameter(
                name=entry["name"],
                place=Place(entry["in"]),
                required=entry.get("required") is True,
                schema=schema,
            )


def _body(references: _References, declared: Mapping[str, Json]) -> Body | None:
    body = references.expanded(declared.get("requestBody") or {}, 2)
    content = body.get("content") or {}
    media_type = next((one for one in (*_PREFERRED, *content) if one in content), None)
    if media_type is None:
        return None
    return Body(
        media_type=media_type,
        schema=references.expanded(content[media_type].get("schema") or {}),
    )


def _swagger_body(raw: list[Json], declared: Mapping[str, Json]) -> Body | None:
    for entry in raw:
        if entry.get("in") == "body":
            return Body(media_type=_PREFERRED[0], schema=entry.get("schema") or {})
    fields = {entry["name"]: entry for entry in raw if entry.get("in") == "formData"}
    if not fields:
        return None
    multipart = "multipart/form-data" in (declared.get("consumes") or ())
    needed = [name for name, entry in fields.items() if entry.get("required") is True]
    return Body(
        media_type=_PREFERRED[1] if multipart else _PREFERRED[2],
        schema={"type": "object", "properties": fields, "required": needed},
    )


# References multiply: a schema of twenty that lead back to it is billions eight levels down.
_MOST = 50_000
_MOST_IN_ALL = 2_000_000


class _References:
    """A document whose references are put in, up to a number of values."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.document = document
        self._left = _MOST_IN_ALL
        self._end = 0

    def expanded(self, value: Json, depth: int = _DEPTH) -> Json:
        """Put what references point at in their place; a recursion ends without limits."""
        self._end = max(0, self._left - _MOST)
        return self._expanded(value, depth)

    def _expanded(self, value: Json, depth: int) -> Json:
        self._left -= 1
        if isinstance(value, list):
            return [self._expanded(one, depth) for one in value]
        if not isinstance(value, Mapping):
            return value
        if isinstance(value.get("$ref"), str):
            ends = not depth or self._left < self._end
            return {} if ends else self._expanded(_target(value["$ref"], self.document), depth - 1)
        return {name: self._expanded(one, depth) for name, one in value.items()}


def _target(reference: str, document: Mapping[str, Json]) -> Json:
    found: Json = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found


def _schemes(document: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    components = document.get("components") or {}
    declared = components.get("securitySchemes") or document.get("securityDefinitions") or {}
    return [scheme for scheme in declared.values() if isinstance(scheme, Mapping)]


def _token_scheme(schemes: list[Schema]) -> TokenScheme:
    bearer = any(
        scheme.get("type") == "oauth2" or scheme.get("scheme") == "bearer" for scheme in schemes
    )
    for scheme in schemes:
        if not bearer and scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            header = str(scheme["name"])
            return TokenScheme(header=header, prefix="Token " if header == "Authorization" else "")
    return TokenScheme()


def _token_paths(schemes: list[Schema], base: str) -> Iterator[str]:
    for scheme in schemes:
        url = ((scheme.get("flows") or {}).get("password") or {}).get("tokenUrl")
        if isinstance(url, str):
            yield url if url.startswith("/") else f"{base}/{url}"


_PATH = re.compile(r"(^|/)(graphql|gql)/?$", re.I)
_JSON = "application/json"
_TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"
_SCHEMA = (
    "{ __schema { queryType { name } types { kind name enumValues { name } fields { name "
    f"args {{ name defaultValue type {{ {_TYPE} }} }} type {{ {_TYPE} }} }} }} }} }}"
)
_QUERIES = 60
_QUERY_DEPTH = 3
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
        iter(queries)
    except ODD:
        return
    for query in islice(queries, _QUERIES):
        with suppress(*ODD):
            selected = _selected(query["type"], types, _QUERY_DEPTH)
            text = f"{query['name']}{_arguments(query, types)}{selected}"
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


_NAMED = "named_endpoints"
# What a parameter is that holds a file: where it lies, on the server or elsewhere.
_OF_FILES = re.compile(r"FileData|https?://")


def tells_of_calls(document: Json) -> bool:
    """Whether an answer describes queries of GraphQL or functions that Gradio serves."""
    if not isinstance(document, Mapping):
        return False
    return "__schema" in (document.get("data") or ()) or _NAMED in document


def call_steps(path: str, document: Json) -> Iterator[Step]:
    """Call each function that Gradio serves, and ask for its result; nothing for other answers.

    ``path`` is where the functions were described. Source: gradio.app, "Querying Gradio Apps with
    Curl". A function that takes files is not called.
    """
    try:
        named = dict(document[_NAMED])
    except ODD:
        return
    prefix = path.removesuffix("/").removesuffix("/info")
    for name, function in islice(named.items(), _QUERIES):
        with suppress(*ODD):
            values = [_given(one) for one in function["parameters"]]
            if _OF_FILES.search(json.dumps(values)):
                continue
            place = f"{prefix}/call/{name.strip('/')}"
            body = Payload(media_type=_JSON, value={"data": values})
            yield Step(method="POST", path=place, payload=body)
            result = Remembered(name="event_id", prefix=place, otherwise="none")
            yield Step(method="GET", path=f"{place}/{{event_id}}", path_values={"event_id": result})


def _given(parameter: Mapping[str, Json]) -> Json:
    """Give the example of a parameter, its default, or a value of its type."""
    if parameter.get("example_input") is not None:
        return parameter["example_input"]
    if parameter.get("parameter_has_default"):
        return parameter.get("parameter_default")
    return sample(parameter.get("type") or {}, str(parameter["label"]), Extent.MINIMAL)
