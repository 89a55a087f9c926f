"""The requests that are sent, and their order: the same for every run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.verify.workload.account import Account, find_account
from jettison.verify.workload.files import Upload, uploads
from jettison.verify.workload.operation import Interface, Json, Operation, Parameter, Place, Schema
from jettison.verify.workload.sample import FILE, Extent, choices, flattened, sample
from jettison.verify.workload.step import Payload, Remembered, Step

_ENDS_SESSION = re.compile(r"log-?_?out|sign-?_?out|revoke|password|deactivate", re.I)
_TAKES_BACK = re.compile(r"restore|reset|clear|purge|clean|shutdown|delete|remove|wipe|flush", re.I)
_FOREIGN = re.compile(r"(^|_)(id|uuid|guid)$|Id$|ID$")
_ABSENT = {"integer": 999_999, "number": 999_999}
_ABSENT_TEXT = "00000000-0000-4000-8000-000000000000"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_RANK = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3}


def workload(interface: Interface) -> tuple[Step, ...]:
    """Ask every operation in several ways: without an account, then with one.

    What creates comes before what reads it, and what takes away comes last.
    """
    account = find_account(interface)
    entrances = [one for one in (account.sign_up, account.login) if one]
    others = [one for one in interface.operations if one not in entrances]
    ordered = sorted(others, key=_order)
    return (
        *(step for one in ordered if one.secured for step in _anonymous(one)),
        *_entrance(account),
        *(step for one in ordered for step in _steps(one)),
        *(step for one in entrances for step in _refused(one)),
    )


def _entrance(account: Account) -> Iterator[Step]:
    """Sign up and log in; a login may take the address where another takes the name."""
    if account.sign_up:
        yield _step(account.sign_up, Extent.TYPICAL, "sign-up", signs_in=True)
        yield _step(account.sign_up, Extent.MINIMAL, "sign-up again", signs_in=True)
    if account.login:
        yield _step(account.login, Extent.MINIMAL, "login", signs_in=True)
        signed = account.sign_up.body if account.sign_up else None
        if signed and "username" not in signed.properties:
            address = {"username": sample({"format": "email"}, "email", Extent.MINIMAL)}
            yield _step(account.login, Extent.MINIMAL, "login", chosen=address, signs_in=True)


def _order(operation: Operation) -> tuple[int, int, int]:
    """Sort by phase, then what makes before what reads; the sort is stable within."""
    takes_back = operation.method == "DELETE" or (
        operation.method not in _READING and _TAKES_BACK.search(operation.path) is not None
    )
    ends_session = operation.method not in _READING and _ENDS_SESSION.search(operation.path)
    phase = 3 if ends_session else 2 if takes_back else 1
    # within what takes back, inner resources go before those that hold them
    depth = len(operation.path_parameters)
    if phase == 1 and operation.method == "POST" and not depth:
        phase = 0
    return phase, -depth if phase >= 2 else depth, _RANK.get(operation.method, 4)  # noqa: PLR2004


def _steps(operation: Operation) -> Iterator[Step]:
    """Give the requests for one operation with an account."""
    if operation.body is not None and _takes_file(operation.body.schema):
        for upload in uploads():
            yield _step(operation, Extent.TYPICAL, upload.name, upload=upload)
    else:
        yield _step(operation, Extent.TYPICAL if operation.body else Extent.MINIMAL, "")
        if operation.body is None and any(not one.required for one in operation.parameters):
            yield _step(operation, Extent.TYPICAL, "every parameter")
        if operation.body is not None and operation.method == "POST":
            yield _step(operation, Extent.MINIMAL, "required only")
    yield from _chosen(operation)
    yield from _refused(operation)


def _refused(operation: Operation) -> Iterator[Step]:
    """Give requests that the application has to refuse: these answers are its behaviour too."""
    if operation.body is not None and flattened(operation.body.schema).get("required"):
        yield _step(operation, Extent.MINIMAL, "empty body", value={})
    if operation.path_parameters and operation.method != "DELETE":
        yield _step(operation, Extent.MINIMAL, "absent", absent=True)


def _anonymous(operation: Operation) -> Iterator[Step]:
    yield _step(operation, Extent.MINIMAL, "without account", anonymous=True)


def _chosen(operation: Operation) -> Iterator[Step]:
    """Give one more request for each further value of a field that chooses among a few."""
    for parameter in operation.parameters:
        if parameter.place is Place.QUERY:
            for value in choices(parameter.schema):
                query = ((parameter.name, value),)
                yield _step(operation, Extent.MINIMAL, f"{parameter.name}={value}", query=query)
    body = operation.body
    for name, schema in (body.properties if body else {}).items():
        for value in choices(schema)[1:] if body else ():
            chosen = {name: value}
            yield _step(operation, Extent.TYPICAL, f"{name}={value}", chosen=chosen)


def _step(
    operation: Operation,
    extent: Extent,
    variation: str,
    *,
    value: Json = None,
    chosen: dict[str, Json] | None = None,
    query: tuple[tuple[str, Json], ...] = (),
    upload: Upload | None = None,
    absent: bool = False,
    anonymous: bool = False,
    signs_in: bool = False,
) -> Step:
    given = dict(query)
    return Step(
        method=operation.method,
        path=operation.path,
        variation=variation,
        path_values={
            one.name: _absent(one) if absent else _identifier(operation, one.name, one.schema)
            for one in operation.parameters
            if one.place is Place.PATH
        },
        query=(*_given(operation, Place.QUERY, extent, given), *query),
        headers=_given(operation, Place.HEADER, extent, {}),
        payload=_payload(operation, extent, value, chosen, upload),
        anonymous=anonymous,
        signs_in=signs_in,
    )


def _given(
    operation: Operation, place: Place, extent: Extent, but: dict[str, Json]
) -> tuple[tuple[str, Json], ...]:
    wanted = (
        one
        for one in operation.parameters
        if one.place is place
        and one.name not in but
        and (one.required or extent is Extent.TYPICAL)
        and one.name.lower() != "authorization"
    )
    return tuple((one.name, _foreign(operation, one.name, one.schema, extent)) for one in wanted)


def _payload(
    operation: Operation,
    extent: Extent,
    value: Json,
    chosen: dict[str, Json] | None,
    upload: Upload | None,
) -> Payload | None:
    body = operation.body
    if body is None:
        return None
    if value is None:
        value = sample(body.schema, "", extent)
    if isinstance(value, dict):
        value = {**value, **(chosen or {})}
        value = {name: _foreign_value(operation, name, one) for name, one in value.items()}
    return Payload(media_type=body.media_type, value=_with_file(value, upload or uploads()[0]))


def _with_file(value: Json, upload: Upload) -> Json:
    if value is FILE:
        return upload
    if isinstance(value, dict):
        return {name: _with_file(one, upload) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_file(one, upload) for one in value]
    return value


def _takes_file(schema: Schema) -> bool:
    value = sample(schema, "", Extent.TYPICAL)
    found = value.values() if isinstance(value, dict) else (value,)
    return any(one is FILE or (isinstance(one, list) and FILE in one) for one in found)


def _identifier(operation: Operation, name: str, schema: Schema) -> Remembered:
    prefix = operation.path.partition(f"{{{name}}}")[0].rstrip("/")
    return Remembered(name=name, prefix=prefix, otherwise=sample(schema, name, Extent.MINIMAL))


def _foreign(operation: Operation, name: str, schema: Schema, extent: Extent) -> Json:
    return _foreign_value(operation, name, sample(schema, name, extent))


def _foreign_value(operation: Operation, name: str, value: Json) -> Json:
    """Fields that name another thing's id take one that exists, where there is one."""
    if _FOREIGN.search(name) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return Remembered(name=name, prefix=operation.path, otherwise=value)
    return value


def _absent(parameter: Parameter) -> Json:
    return _ABSENT.get(str(flattened(parameter.schema).get("type")), _ABSENT_TEXT)
