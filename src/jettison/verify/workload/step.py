"""Requests as values, with holes that the answers of the same run fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct, field

from jettison.verify.workload.operation import Json, Operation, Place, Schema
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
    ``repeats`` are clients as which it is sent once more, at once.
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

    @property
    def name(self) -> str:
        """The route, and which of its requests this is."""
        said = f" ({self.variation})" if self.variation else ""
        return f"{self.method} {self.path}{said}"


class Variation(Struct, frozen=True, kw_only=True):
    """One way of asking.

    ``chosen`` are fields of the body, ``query`` and ``path`` parameters with values of their own.
    ``empty`` sends an empty body, ``absent`` names what does not exist, ``back`` asks for an older
    one.
    """

    name: str = ""
    extent: Extent = Extent.MINIMAL
    chosen: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    path: Mapping[str, Json] = field(default_factory=dict)
    upload: Upload | None = None
    empty: bool = False
    absent: bool = False
    back: int = 0
    anonymous: bool = False
    signs_in: bool = False


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
                yield Variation(name=f"{name}={value}", query={name: value})
        elif parameter.place is Place.PATH:
            for value in compared:
                yield Variation(name=f"{name}={value}", path={**firsts, name: value})
    for name, schema in operation.body.properties.items() if operation.body else ():
        for value in (*choices(schema)[1:], *_compared(operation, name, schema)):
            yield from _with_files(operation, name, value)


def _with_files(operation: Operation, name: str, value: Json) -> Iterator[Variation]:
    """Give the ways to choose a value of a body, with each kind of file where files are taken."""
    kinds = uploads() if takes_file(operation) else (None,)
    for upload in kinds:
        with_file = f", {upload.name}" if upload else ""
        yield Variation(
            name=f"{name}={value}{with_file}",
            extent=Extent.TYPICAL,
            chosen={name: value},
            upload=upload,
        )


def _compared(operation: Operation, name: str, schema: Schema) -> tuple[str, ...]:
    """Give the texts that the source compares a parameter with, where it is not an enumeration."""
    texts = () if flattened(schema).get("enum") else operation.compared.get(name, ())
    return texts[:CHOICES]


def takes_file(operation: Operation) -> bool:
    """Tell whether a file is uploaded."""
    if operation.body is None:
        return False
    value = sample(operation.body.schema, "", Extent.TYPICAL)
    found = value.values() if isinstance(value, dict) else (value,)
    return any(one is FILE or (isinstance(one, list) and FILE in one) for one in found)
