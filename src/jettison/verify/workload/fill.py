"""One request: an operation, asked in one way."""

from __future__ import annotations

import re

from jettison.verify.workload.files import Upload, uploads
from jettison.verify.workload.operation import Json, Operation, Parameter, Place
from jettison.verify.workload.sample import FILE, Extent, flattened, sample
from jettison.verify.workload.step import Payload, Remembered, Step
from jettison.verify.workload.variation import Variation

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
            one.name: _absent(one) if variation.absent else _existing(operation, one, variation)
            for one in _path_parameters(operation)
        },
        query=(*query, *variation.query.items()),
        headers=_given(operation, Place.HEADER, variation),
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


def _existing(operation: Operation, parameter: Parameter, variation: Variation) -> Remembered:
    name = parameter.name
    return Remembered(
        name=name,
        prefix=operation.path.partition(f"{{{name}}}")[0].rstrip("/"),
        otherwise=sample(parameter.schema, name, Extent.MINIMAL),
        back=variation.back,
    )


def _absent(parameter: Parameter) -> Json:
    return _ABSENT.get(str(flattened(parameter.schema).get("type")), _ABSENT_TEXT)


def _given(
    operation: Operation, place: Place, variation: Variation
) -> tuple[tuple[str, Json], ...]:
    wanted = (
        one
        for one in operation.parameters
        if one.place is place
        and one.name not in variation.query
        and (one.required or variation.extent is Extent.TYPICAL)
        and one.name.lower() != "authorization"
    )
    return tuple(
        (one.name, _foreign(one.name, sample(one.schema, one.name, variation.extent)))
        for one in wanted
    )


def _payload(operation: Operation, variation: Variation) -> Payload | None:
    body = operation.body
    if body is None:
        return None
    value = {} if variation.empty else sample(body.schema, "", variation.extent)
    if isinstance(value, dict):
        fields = {**value, **variation.chosen}
        value = {name: _foreign(name, one) for name, one in fields.items()}
    upload = variation.upload or uploads()[0]
    return Payload(media_type=body.media_type, value=_with_file(value, upload))


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
