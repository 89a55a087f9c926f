"""The requests that are sent, and their order: the same for every run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from urllib.parse import quote

from jettison.values import replace
from jettison.verify.request import Credentials
from jettison.verify.workload import (
    ODD,
    Account,
    Interface,
    Json,
    Operation,
    Parameter,
    Place,
    find_account,
)
from jettison.verify.workload.openapi import schema_steps
from jettison.verify.workload.sample import FILE, Extent, Upload, flattened, sample, uploads
from jettison.verify.workload.step import (
    KNOWN,
    NO_METHOD,
    NO_PAGE,
    NO_SLASH,
    WITHOUT_ACCOUNT,
    Payload,
    Remembered,
    Step,
    Variation,
    refused,
    takes_file,
    variations,
)

_LEAVES = re.compile(r"log-?_?out|sign-?_?out", re.I)
_ENDS_SESSION = re.compile(r"revoke|password|deactivate", re.I)
_TAKES_BACK = re.compile(r"restore|reset|clear|purge|clean|shutdown|delete|remove|wipe|flush", re.I)
_COMPLETES = re.compile(r"commit|complete|finish|finali[sz]e|assemble", re.I)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_RANK = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3}


class Phase(IntEnum):
    """What an operation does to what the application holds."""

    CREATE = 0
    COMPLETE = 1
    USE = 2
    TAKE_BACK = 3
    LEAVE = 4


def phase_of(operation: Operation) -> Phase:
    """Tell from method and path what an operation does."""
    if _LEAVES.search(operation.path):
        return Phase.LEAVE
    if operation.method in _READING:
        return Phase.USE
    if _ENDS_SESSION.search(operation.path):
        return Phase.LEAVE
    if operation.method == "DELETE" or _TAKES_BACK.search(operation.path):
        return Phase.TAKE_BACK
    if operation.method != "POST" or operation.path_parameters:
        return Phase.USE
    return Phase.COMPLETE if _COMPLETES.search(operation.path) else Phase.CREATE


def position(operation: Operation) -> tuple[int, int, int]:
    """Give the sorting key: phase, depth of the path, method."""
    phase = phase_of(operation)
    depth = len(operation.path_parameters)
    # what is taken back goes from the inside out
    inward = -depth if phase >= Phase.TAKE_BACK else depth
    return phase, inward, _RANK.get(operation.method, len(_RANK))


_SECRET = re.compile(r"passw|secret|token", re.I)
_OLDEST = Variation(name="the oldest", back=10_000)
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
        and one.name not in {**variation.query, **variation.headers}
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
        taken = _anything if variation.known else _foreign
        value = {name: taken(name, one) for name, one in fields.items()}
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


def _anything(name: str, value: Json) -> Json:
    """Let a field that is a text take one that an answer has under the same name."""
    plain = isinstance(value, str) and not _SECRET.search(name)
    return Remembered(name=name, prefix="", otherwise=value) if plain else _foreign(name, value)


MOST_FILES = 600
"""A file more takes about a millisecond of each run."""


def workload(interface: Interface, credentials: Credentials | None = None) -> tuple[Step, ...]:
    """Ask every operation in several ways: without an account, then with one.

    What creates comes before what reads it, and what takes away comes last of all. With
    ``credentials`` that account logs in after the one that was made, so that it is the one that
    asks.
    """
    account = find_account(interface)
    entrances = [one for one in (account.sign_up, account.login) if one]
    ordered = sorted((one for one in interface.operations if one not in entrances), key=position)
    shelves = tuple(one.path for one in interface.operations if takes_file(one))
    return (
        *(fill(one, WITHOUT_ACCOUNT) for one in ordered if one.secured),
        *_entrance(account, credentials),
        *(step for one in ordered if phase_of(one) < Phase.LEAVE for step in _asked(one, shelves)),
        *_oldest(ordered),
        *(step for one in ordered if phase_of(one) == Phase.LEAVE for step in _asked(one, shelves)),
        *_unserved(interface),
        *schema_steps(interface),
        *(fill(one, way) for one in entrances for way in refused(one)),
        *(Step(method="GET", path=path, variation="file") for path in spread(interface.files)),
    )


def _oldest(ordered: list[Operation]) -> Iterator[Step]:
    """Take away what was there first, too: more depends on it, and it may be the own account."""
    for one in ordered:
        if one.method == "DELETE" and one.path_parameters and phase_of(one) < Phase.LEAVE:
            yield replace(fill(one, _OLDEST), last=True)


def _unserved(interface: Interface) -> Iterator[Step]:
    """Ask for what is not there, or under another path, or is only to be read."""
    if interface.operations:
        yield Step(method="GET", path="/jettison/absent", variation=NO_PAGE)
    methods: dict[str, set[str]] = {}
    for one in interface.operations:
        methods.setdefault(one.path, set()).add(one.method)
    plain = sorted(path for path in methods if "{" not in path)
    for path in [one for one in plain if methods[one] <= _READING][:1]:
        yield Step(method="PUT", path=path, variation=NO_METHOD)
    for path in [one for one in plain if "GET" in methods[one] and one.strip("/")][:1]:
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        yield Step(method="GET", path=other, variation=NO_SLASH)


def usable(interface: Interface) -> Interface:
    """Leave out operations that nothing can be asked of: their schemas are none."""
    return replace(interface, operations=tuple(filter(_is_usable, interface.operations)))


def _is_usable(operation: Operation) -> bool:
    try:
        position(operation)
        find_account(Interface(operations=(operation,)))
        for step in (fill(operation, WITHOUT_ACCOUNT), *_asked(operation, (operation.path,))):
            quote(step.path + step.method)
    except ODD:
        return False
    return True


def spread(files: tuple[str, ...]) -> tuple[str, ...]:
    """Give the files that are asked for: all, or where they are many, some of every folder."""
    return files[:: -(-len(files) // MOST_FILES) or 1]


def _asked(operation: Operation, shelves: tuple[str, ...]) -> Iterator[Step]:
    place = operation.path.partition("{")[0].rstrip("/")
    shelf = any(one.startswith(place) for one in shelves)
    last = phase_of(operation) >= Phase.TAKE_BACK
    for way in variations(operation, shelf=shelf):
        yield replace(fill(operation, way), last=last)
    body = operation.body
    if operation.method == "POST" and body and not last and body.properties:
        # a code of what there is leads on, also to defaults, and a name that is taken is refused
        yield replace(fill(operation, KNOWN), last=True)
        if 0 < len(set(flattened(body.schema).get("required") or ())) < len(body.properties):
            least = replace(KNOWN, name=f"{KNOWN.name}, required only", extent=Extent.MINIMAL)
            yield replace(fill(operation, least), last=True)


def _entrance(account: Account, credentials: Credentials | None) -> Iterator[Step]:
    """Sign up and log in; a login may take the address where another takes the name."""
    if account.sign_up:
        first = Variation(name="sign-up", extent=Extent.TYPICAL, signs_in=True)
        yield fill(account.sign_up, first)
        yield fill(account.sign_up, Variation(name="sign-up again", signs_in=True))
    if account.login is None:
        return
    yield fill(account.login, Variation(name="login", signs_in=True))
    signed = account.sign_up.body if account.sign_up else None
    if signed and "username" not in signed.properties:
        address = sample({"format": "email"}, "email", Extent.MINIMAL)
        yield fill(account.login, _login(account.login, address))
    if credentials:
        yield fill(account.login, _login(account.login, credentials.username, credentials.password))


def _login(operation: Operation, name: str, password: str = "") -> Variation:
    """Give a login by that name, wherever the body has it."""
    fields = operation.body.properties if operation.body else {}
    chosen = {field: name for field in fields if field in {"username", "email", "login"}}
    if password:
        chosen |= {field: password for field in fields if field == "password"}
    return Variation(name=f"login as {name}", chosen=chosen, signs_in=True)
