"""A way to ask an operation as a request, with holes for what only answers can tell. Pure."""

from __future__ import annotations

import re
from zlib import crc32

from jettison.verify.workload import Json, Operation, Parameter, Place
from jettison.verify.workload.sample import (
    FILE,
    Extent,
    Upload,
    choices,
    flattened,
    kind_of,
    sample,
    uploads,
)
from jettison.verify.workload.step import Payload, Remembered, Step
from jettison.verify.workload.variation import Variation

_SECRET = re.compile(r"passw|secret|token", re.I)
_FOREIGN = re.compile(r"(^|_)(id|uuid|guid)$|Id$|ID$")
_ABSENT = {"integer": 999_999, "number": 999_999}
_ABSENT_TEXT = "00000000-0000-4000-8000-000000000000"


def fill(operation: Operation, variation: Variation) -> Step:
    """Give the request, with holes for what only answers can tell."""
    query = _given(operation, Place.QUERY, variation)
    return Step(
        method=operation.method,
        path=operation.path,
        variation=variation.name,
        path_values={
            one.name: variation.path.get(one.name) or _value(operation, one, variation)
            for one in _path_parameters(operation)
        },
        query=(*query, *variation.query.items()),
        headers=(*_given(operation, Place.HEADER, variation), *variation.headers.items()),
        payload=_payload(operation, variation),
        anonymous=variation.anonymous,
        signs_in=variation.signs_in,
    )


def _path_parameters(operation: Operation) -> list[Parameter]:
    """Give the parameters in the path; one that is not declared is text."""
    declared = {one.name: one for one in operation.parameters if one.place is Place.PATH}
    return [
        declared.get(name)
        or Parameter(name=name, place=Place.PATH, required=True, schema={"type": "string"})
        for name in operation.path_parameters
    ]


def _value(operation: Operation, parameter: Parameter, variation: Variation) -> Json:
    return _absent(parameter) if variation.absent else _existing(operation, parameter, variation)


def _existing(operation: Operation, parameter: Parameter, variation: Variation) -> Remembered:
    name = parameter.name
    return Remembered(
        name=name,
        prefix=operation.path.partition(f"{{{name}}}")[0].rstrip("/"),
        otherwise=sample(parameter.schema, name, Extent.MINIMAL),
        back=variation.back,
        made=variation.made,
    )


def _absent(parameter: Parameter) -> Json:
    return _ABSENT.get(str(flattened(parameter.schema).get("type")), _ABSENT_TEXT)


def _given(
    operation: Operation, place: Place, variation: Variation
) -> tuple[tuple[str, Json], ...]:
    known = variation.known and place is Place.QUERY
    wanted = (
        one
        for one in operation.parameters
        if one.place is place
        and one.name not in {**variation.query, **variation.headers}
        and (one.required or variation.extent is Extent.TYPICAL)
        and one.name.lower() != "authorization"
    )
    return tuple(
        (one.name, _known(operation, one) if known else _sampled(one, variation.extent))
        for one in wanted
        if not known or one.required or _is_text(one)
    )


def _sampled(parameter: Parameter, extent: Extent) -> Json:
    return _foreign(parameter.name, sample(parameter.schema, parameter.name, extent))


def _is_text(parameter: Parameter) -> bool:
    return kind_of(flattened(parameter.schema)) == "string"


def _known(operation: Operation, parameter: Parameter) -> Json:
    """Give what answers have under the name of a text of a query, or a value that it chooses."""
    name, value = parameter.name, _sampled(parameter, Extent.TYPICAL)
    if not _is_text(parameter) or isinstance(value, Remembered):
        return value
    compared = (one for one in operation.compared.get(name, ()) if isinstance(one, str))
    otherwise = next(iter((*choices(parameter.schema), *compared)), value)
    return Remembered(name=name, prefix=operation.path, otherwise=otherwise, exact=True)


def _payload(operation: Operation, variation: Variation) -> Payload | None:
    body = operation.body
    if body is None:
        return None
    value = {} if variation.empty else sample(body.schema, "", variation.extent)
    if isinstance(value, dict):
        fields = {**value, **variation.chosen}
        taken = _anything if variation.known else _foreign
        value = {name: taken(name, one) for name, one in fields.items()}
        plain = value.keys() - variation.chosen.keys() if not variation.known else ()
        value |= {name: _own(operation, variation, name, value[name]) for name in plain}
    upload = variation.upload or uploads()[0]
    return Payload(media_type=body.media_type, value=_with_file(value, upload))


def _own(operation: Operation, variation: Variation, name: str, value: Json) -> Json:
    """Give a text that no other request sends, where the schema says that it has to be unique."""
    schema = operation.body.properties.get(name, {}) if operation.body else {}
    told = schema.keys() & {"enum", "format", "pattern"}
    if not schema.get("unique") or told or not isinstance(value, str):
        return value
    mark = f" {crc32(f'{operation.method} {variation.name}'.encode()):08x}"
    return value[: int(schema.get("maxLength", len(value) + len(mark))) - len(mark)] + mark


def _with_file(value: Json, upload: Upload) -> Json:
    if value is FILE:
        return upload
    if isinstance(value, dict):
        return {name: _with_file(one, upload) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_file(one, upload) for one in value]
    return value


def _foreign(name: str, value: Json) -> Json:
    """Let a field that names another thing's id take one that exists, where there is one."""
    if _FOREIGN.search(name) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return Remembered(name=name, prefix="", otherwise=value)
    return value


def _anything(name: str, value: Json) -> Json:
    """Let a field that is a text take one that an answer has under the same name."""
    plain = isinstance(value, str) and not _SECRET.search(name)
    return Remembered(name=name, prefix="", otherwise=value) if plain else _foreign(name, value)
