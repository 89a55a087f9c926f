"""A way to ask an operation as a request, with holes for what only answers can tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

from jettison.values import replace
from jettison.verify.request import Credentials
from jettison.verify.workload import (
    Account,
    Json,
    Operation,
    Parameter,
    Place,
    is_password,
    names_somebody,
    plain_names,
)
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
from jettison.verify.workload.variation import FIELDS, Variation

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


# Long enough for any rule, and nobody's.
_WRONG = "Another-password-1"
# So many texts of a parameter of the login are tried.
_LEADS = 4
# A larger body of a login is not sent.
_LARGE = 1 << 20


def entrance(account: Account, credentials: Credentials | None) -> Iterator[Step]:
    """Sign up and log in; a login may take the address where another takes the name."""
    if account.sign_up:
        plain = _plainly_named(account.sign_up)
        first = Variation(name="sign-up", extent=Extent.TYPICAL, signs_in=True, chosen=plain)
        yield fill(account.sign_up, first)
        again = Variation(name="sign-up again", signs_in=True, chosen=plain)
        yield fill(account.sign_up, again)
        if known := _compared(account.sign_up):
            chosen = {**known, **plain}
            yield fill(account.sign_up, replace(first, name="sign-up, known values", chosen=chosen))
    if account.login is not None:
        yield from _logins(account, account.login, credentials)


def _logins(account: Account, login: Operation, credentials: Credentials | None) -> Iterator[Step]:
    """Log in, also as nobody can, and told where to lead in the query."""
    # whom a name is of in other letters, and that no other password does
    for operation, way in ((account.sign_up, "sign-up"), (login, "login")):
        if operation and (capitals := _in_capitals(operation)):
            yield fill(operation, Variation(name=f"{way} in capitals", chosen=capitals))
    wrong = {name: _WRONG if is_password(name) else one for name, one in _named(login).items()}
    yield fill(login, Variation(name="login, another password", chosen=wrong))
    usual = Variation(name="login", signs_in=True, chosen=_named(login))
    yield fill(login, usual)
    # where it leads to is told in the query
    for one in login.parameters:
        texts = login.compared.get(one.name, ()) if one.place is Place.QUERY else ()
        for text in texts[:_LEADS]:
            led = replace(usual, name=f"login, {one.name}={text}", query={one.name: text})
            yield fill(login, led)
    signed = account.sign_up.body if account.sign_up else None
    if signed and not {"username", *plain_names(signed.properties)} & signed.properties.keys():
        address = sample({"format": "email"}, "email", Extent.MINIMAL)
        yield fill(login, _login(login, address))
    if credentials:
        yield fill(login, _login(login, credentials.username, credentials.password))


def long_password(login: Operation) -> Iterator[Step]:
    """Send a password that makes the body about as large as the application takes one."""
    for size in [one for one in login.sizes.get("", ()) if FIELDS < one <= _LARGE][:1]:
        named = _named(login)
        long = {name: "x" * (size - FIELDS) for name in named if is_password(name)}
        yield fill(login, Variation(name="long password", chosen={**named, **long}))


def _compared(operation: Operation) -> dict[str, Json]:
    """Give the first text that the source compares each field with: others may be refused."""
    found: dict[str, Json] = {}
    for name in operation.body.properties if operation.body else ():
        texts = [one for one in operation.compared.get(name, ()) if isinstance(one, str)]
        if texts and not names_somebody(name):
            found[name] = texts[0]
    return found


def _named(operation: Operation) -> dict[str, Json]:
    """Give who logs in where the schema says that both are optional."""
    fields = operation.body.properties if operation.body else {}
    names = (one for one in fields if names_somebody(one))
    found = {name: sample(fields[name], name, Extent.MINIMAL) for name in names}
    return {**_plainly_named(operation), **found}


def _plainly_named(operation: Operation) -> dict[str, Json]:
    """Give who signs up or logs in under a plain name: another operation may say ``username``."""
    fields = operation.body.properties if operation.body else {}
    return {name: sample(fields[name], "username", Extent.MINIMAL) for name in plain_names(fields)}


def _in_capitals(operation: Operation) -> dict[str, Json]:
    """Give who signs up or logs in, with the name in capital letters."""
    known = _named(operation).items()
    named = {name: one for name, one in known if isinstance(one, str) and not is_password(name)}
    return {**dict(known), **{name: one.upper() for name, one in named.items()}} if named else {}


def _login(operation: Operation, name: str, password: str = "") -> Variation:
    """Give a login by that name, wherever the body has it."""
    fields = operation.body.properties if operation.body else {}
    chosen = {field: name for field in fields if field in {"username", "email", "login"}}
    if password:
        chosen |= {field: password for field in fields if field == "password"}
    return Variation(name=f"login as {name}", chosen=chosen, signs_in=True)
