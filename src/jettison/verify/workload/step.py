"""Requests as values, with holes that earlier responses fill; other values to train a trace on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from zlib import crc32

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.values import replace
from jettison.verify.workload import Interface, Json, Operation, Place, Schema, find_account
from jettison.verify.workload.sample import (
    CHOICES,
    FILE,
    Extent,
    Upload,
    choices,
    flattened,
    following,
    sample,
    uploads,
)


class Remembered(Struct, frozen=True, kw_only=True):
    """A value to be taken from an earlier answer, such as the id of what was created.

    Looked for under ``name`` in the answers of paths that begin with ``prefix``, then in all of
    them; ``otherwise`` is sent when there is none. ``back`` asks for an older one than the newest.
    """

    name: str
    prefix: str
    otherwise: Json
    back: int = 0


class Client(StrEnum):
    """As what a request is sent once more: each leads to other code, or to other headers."""

    PAGE = "page of another language"
    SCRIPT = "script of another origin"
    COMPRESSED = "client of brotli"
    CONDITIONAL = "conditional request"
    RANGE = "range request"
    HEAD = "HEAD"
    PREFLIGHT = "preflight"
    PROXY = "through a proxy"
    AGAIN = "again"


class HtmlForm(Struct, frozen=True, kw_only=True):
    """Hidden fields to be taken from the form number ``index`` on the page last got at ``page``."""

    page: str
    index: int


class Payload(Struct, frozen=True, kw_only=True):
    """A body before it is written: ``value`` is made of JSON values, Remembered and Uploads."""

    media_type: str
    value: Json


class Step(Struct, frozen=True, kw_only=True):
    """One request. ``path`` is a template; ``variation`` says which of several for one route it is.

    ``signs_in`` marks steps whose answer may hold the token that later steps send, ``last`` those
    that take away what others need, such as the session: they come after all that pages lead to.
    ``repeats`` are clients as which it is sent once more, at once. Steps in a row with the same
    number ``beside`` are sent at the same time.
    """

    method: str
    path: str
    variation: str = ""
    path_values: Mapping[str, Json] = field(default_factory=dict)
    query: tuple[tuple[str, Json], ...] = ()
    headers: tuple[tuple[str, Json], ...] = ()
    payload: Payload | None = None
    raw_body: bytes | None = None
    anonymous: bool = False
    signs_in: bool = False
    last: bool = False
    form: HtmlForm | None = None
    repeats: tuple[Client, ...] = ()
    beside: int = 0

    @property
    def name(self) -> str:
        """The route, and which of its requests this is."""
        said = f" ({self.variation})" if self.variation else ""
        return f"{self.method} {self.path}{said}"


class Variation(Struct, frozen=True, kw_only=True):
    """One way of asking.

    ``chosen`` are fields of the body, ``query``, ``path`` and ``headers`` parameters with values of
    their own.
    ``empty`` sends an empty body, ``absent`` names what does not exist, ``back`` asks for an older
    one, ``known`` sends what earlier answers hold under the names of fields.
    """

    name: str = ""
    extent: Extent = Extent.MINIMAL
    chosen: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    path: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    upload: Upload | None = None
    empty: bool = False
    absent: bool = False
    back: int = 0
    known: bool = False
    anonymous: bool = False
    signs_in: bool = False


NO_PAGE, NO_METHOD, NO_SLASH = "no such page", "another method", "another slash"
"""Requests that no application serves: what it says then is its behaviour, too."""

# How a field is named that is a header.
_HEADER = "header "
_SHOWN = 40
KNOWN = Variation(name="known values", extent=Extent.TYPICAL, known=True)
WITHOUT_ACCOUNT = Variation(name="without account", anonymous=True)


def variations(operation: Operation, *, shelf: bool) -> Iterator[Variation]:
    """Give the ways of asking with an account. ``shelf``: files were uploaded to the same place."""
    if takes_file(operation):
        for upload in uploads():
            yield Variation(name=upload.name, extent=Extent.TYPICAL, upload=upload)
    elif operation.body is not None:
        yield Variation(extent=Extent.TYPICAL)
        if operation.method == "POST":
            yield Variation(name="required only")
    else:
        yield Variation()
        if any(not one.required for one in operation.parameters):
            yield Variation(name="every parameter", extent=Extent.TYPICAL)
    yield from _chosen(operation)
    yield from refused(operation)
    if shelf and operation.method == "GET" and len(operation.path_parameters) == 1:
        # each kind of file leads to other code
        for back in range(1, len(uploads())):
            yield Variation(name=f"{back} before", back=back)


def refused(operation: Operation) -> Iterator[Variation]:
    """Give ways that the application has to refuse: these answers are its behaviour too."""
    if operation.body is not None and flattened(operation.body.schema).get("required"):
        yield Variation(name="empty body", empty=True)
    if operation.path_parameters and operation.method != "DELETE":
        yield Variation(name="absent", absent=True)


def _chosen(operation: Operation) -> Iterator[Variation]:
    """Give one more way for each value of a field that chooses among a few.

    Other parts of the path that the source compares have the first of their texts meanwhile.
    """
    places = {one.name: one for one in operation.parameters if one.place is Place.PATH}
    firsts = {
        name: texts[0]
        for name, one in places.items()
        if (texts := _compared(operation, name, one.schema))
    }
    for parameter in operation.parameters:
        name = parameter.name
        compared = _compared(operation, name, parameter.schema)
        if parameter.place is Place.QUERY:
            schema = parameter.schema
            for value in (*choices(schema), *compared, *following(schema)):
                yield Variation(name=f"{name}={_shown(value)}", query={name: value})
        elif parameter.place is Place.PATH:
            # a whole number may be an id
            fractions = (one for one in following(parameter.schema) if one % 1)
            for value in (*compared, *fractions):
                yield Variation(name=f"{name}={value}", path={**firsts, name: value})
    for name, value in _headers(operation):
        yield Variation(name=f"{name}={value}", headers={name: value})
    for name, schema in operation.body.properties.items() if operation.body else ():
        for value in (*choices(schema)[1:], *_compared(operation, name, schema)):
            yield from _with_files(operation, name, value)


def _shown(value: Json) -> Json:
    return value if len(str(value)) <= _SHOWN else f"a text of {len(value)} characters"


def _headers(operation: Operation) -> Iterator[tuple[str, Json]]:
    """Give headers with values that a document lists, or that the source compares them with."""
    for one in operation.parameters:
        if one.place is Place.HEADER:
            # the source has it by a name that is one of Python's
            own = _compared(operation, one.name.replace("-", "_"), one.schema)
            yield from ((one.name, value) for value in (*choices(one.schema), *own))
    for name, texts in operation.compared.items():
        if name.startswith(_HEADER):
            yield from ((name.removeprefix(_HEADER), value) for value in texts[:CHOICES])


def _with_files(operation: Operation, name: str, value: Json) -> Iterator[Variation]:
    """Give the ways to choose a value of a body, with each kind of file where files are taken."""
    kinds = uploads() if takes_file(operation) else (None,)
    for upload in kinds:
        with_file = f", {upload.name}" if upload else ""
        yield Variation(
            name=f"{name}={_shown(value)}{with_file}",
            extent=Extent.TYPICAL,
            chosen={name: value},
            upload=upload,
        )


def _compared(operation: Operation, name: str, schema: Schema) -> tuple[str | int, ...]:
    """Give what the source compares a parameter with, where it is not an enumeration.

    Numbers are left out that the schema refuses anyway, and the usual one.
    """
    flat = flattened(schema)
    known = () if flat.get("enum") else operation.compared.get(name, ())
    usual = sample(flat, name, Extent.TYPICAL)
    return tuple(one for one in known if one != usual and _within(flat, one))[:CHOICES]


def _within(schema: Schema, value: str | int) -> bool:
    """Tell whether a number is within the bounds of a schema; texts are."""
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    return isinstance(value, str) or least <= value <= most


def takes_file(operation: Operation) -> bool:
    """Tell whether a file is uploaded."""
    if operation.body is None:
        return False
    value = sample(operation.body.schema, "", Extent.TYPICAL)
    found = value.values() if isinstance(value, dict) else (value,)
    return any(one is FILE or (isinstance(one, list) and FILE in one) for one in found)


FEWEST = 8
"""Where an application has fewer routes, none is withheld: each would be a kind of its own."""
# One of so many routes is withheld.
_SHARE = 5
_PLACEHOLDER = re.compile(r"\\\{[^{}]+\\\}")


class Training(Struct, frozen=True, kw_only=True):
    """Routes that a trace sees, and those that it does not, so that they can judge it."""

    seen: tuple[Operation, ...] = ()
    withheld: tuple[Operation, ...] = ()

    def steps(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Leave out what leads to a route that is withheld, and give other values to the rest."""
        for step in steps:
            path = step.path.partition("?")[0]
            seen = any(one.method == step.method and one.path == path for one in self.seen)
            if seen or not any(_leads(step.method, path, one) for one in self.withheld):
                yield _retold(step)


def training_of(interface: Interface) -> Training:
    """Withhold a fifth of the routes, always the same ones, but none by which somebody enters."""
    account = find_account(interface)
    entrances = (account.sign_up, account.login)
    routes = [one for one in interface.operations if one not in entrances]
    routes.sort(key=lambda one: (crc32(" ".join(one.key).encode()), one.key))
    share = len(routes) // _SHARE if len(routes) >= FEWEST else 0
    withheld = routes[:share]
    seen = tuple(one for one in interface.operations if one not in withheld)
    return Training(seen=seen, withheld=tuple(withheld))


def _leads(method: str, path: str, operation: Operation) -> bool:
    return method == operation.method and _pattern(operation.path).fullmatch(path) is not None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub("[^/]+", re.escape(path)))


def _retold(step: Step) -> Step:
    """Put other values in the place of the usual ones, and other content in files."""
    payload = step.payload
    if payload:
        payload = Payload(media_type=payload.media_type, value=_other(payload.value))
    return replace(
        step,
        path_values={name: _other(value) for name, value in step.path_values.items()},
        query=tuple((name, _other(value)) for name, value in step.query),
        headers=tuple((name, _other(value)) for name, value in step.headers),
        payload=payload,
    )


def _other(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _other(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_other(one) for one in value]
    if isinstance(value, Remembered):
        return replace(value, otherwise=_other(value.otherwise))
    if isinstance(value, Upload) and value.media_type.startswith("text/"):
        words = value.content.decode()
        for usual, other in table(Samples).others.items():
            words = words.replace(usual, other)
        return replace(value, content=words.encode())
    return table(Samples).others.get(value, value) if isinstance(value, str) else value
