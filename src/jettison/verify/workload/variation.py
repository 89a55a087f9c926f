"""The ways in which an operation is asked: each may lead to other code. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct, field

from jettison.values import replace
from jettison.verify.workload import Json, Operation, Place, Schema, names_somebody
from jettison.verify.workload.sample import (
    CHOICES,
    FILE,
    Extent,
    Upload,
    choices,
    flattened,
    following,
    kind_of,
    sample,
    uploads,
)


class Variation(Struct, frozen=True, kw_only=True):
    """One way of asking.

    ``chosen`` are fields of the body, ``query``, ``path`` and ``headers`` parameters with values of
    their own.
    ``empty`` sends an empty body, ``absent`` names what does not exist, ``back`` asks for an older
    one, ``made`` for one that an upload made, ``known`` sends what earlier answers hold under the
    names of texts, of fields or a query.
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
    made: bool = False
    known: bool = False
    anonymous: bool = False
    signs_in: bool = False


# Of two scripts, one of them with accents; and what names one thing, which is of ASCII mostly.
_LETTERS, _NAMES_ONE = "Zoë Ødegård 北京", re.compile(r"(^|_)(id|key|code|kind|type)$|Id$", re.I)
# How a field is named that is a header.
_HEADER = "header "
_SHOWN = 40
# So many more things that lists name are read: by a text, as others of a kind have a row of their
# own in some table, and by a number.
_NAMED, _NUMBERED = 8, 1
# So many texts of a query may be combined, in so many ways.
_TEXTS, _COMBINED = 2, 8
# Of so many bounds files are sent; larger ones than so many bytes of so many kinds only. What a
# body has beside a file takes less than so many bytes.
_SIZES, _SMALL, _LARGE_KINDS, FIELDS = 3, 1 << 18, 3, 2_000
KNOWN = Variation(name="known values", extent=Extent.TYPICAL, known=True)
EARLIER = "earlier"
"""What was met before the newest; where there are no more, nothing is sent."""
WITHOUT_ACCOUNT = Variation(name="without account", anonymous=True)


def variations(operation: Operation, *, shelf: bool) -> Iterator[Variation]:
    """Give the ways of asking with an account. ``shelf``: files were uploaded to the same place."""
    one = shelf and operation.method == "GET" and len(operation.path_parameters) == 1
    yield from (replace(way, made=one) for way in _ways(operation))
    if one:
        # each kind of file leads to other code
        for back in range(1, len(uploads())):
            yield Variation(name=f"{back} before", back=back, made=True)
    elif operation.method == "GET" and operation.path_parameters:
        for back in range(1, 1 + _others(operation)):
            yield Variation(name=f"{EARLIER} /{back}", back=back)


def _others(operation: Operation) -> int:
    """Give how many more things are asked for by what a path ends with."""
    schemas = {one.name: one.schema for one in operation.parameters if one.place is Place.PATH}
    last = flattened(schemas.get(operation.path_parameters[-1], {}))
    if choices(last):
        return 0
    return _NUMBERED if kind_of(last) in {"integer", "number"} else _NAMED


def _ways(operation: Operation) -> Iterator[Variation]:
    if takes_file(operation):
        yield from _uploaded(operation)
    elif operation.body is not None:
        yield Variation(extent=Extent.TYPICAL)
        if operation.method == "POST":
            yield Variation(name="required only")
    else:
        yield Variation()
        if any(not one.required for one in operation.parameters):
            yield Variation(name="every parameter", extent=Extent.TYPICAL)
    yield from _chosen(operation)
    yield from _other_kinds(operation)
    yield from _combined(operation)
    if operation.method != "POST":
        yield from in_other_letters(operation)
    yield from refused(operation)


def _uploaded(operation: Operation) -> Iterator[Variation]:
    """Give one of each kind of file, what the source reads as one, and as large as it may be."""
    read = tuple(_documents(operation))
    for upload in (*uploads(), *read):
        yield Variation(name=upload.name, extent=Extent.TYPICAL, upload=upload)
    least = tuple(_documents(operation, Extent.MINIMAL))
    for upload in (one for one in least if one not in read):
        name = f"{upload.name}, required only"
        yield Variation(name=name, extent=Extent.TYPICAL, upload=upload)
    for upload in (*_kinds(operation), *read):
        for size in _sizes(operation):
            small = size <= _SMALL or upload in (*read, *uploads()[:_LARGE_KINDS])
            if small and size > len(upload.content):
                name, large = f"{upload.name} of {size} bytes", replace(upload, size=size)
                yield Variation(name=name, extent=Extent.TYPICAL, upload=large)


def _kinds(operation: Operation) -> tuple[Upload, ...]:
    """Give the files that are of a type which the schema names, such as pictures, or of any."""
    fields = operation.body.properties.values() if operation.body else ()
    told = {str(one.get("contentMediaType", "")).partition("/")[0] for one in fields}
    fitting = (one for one in uploads() if one.media_type.partition("/")[0] in told)
    return tuple(fitting) or uploads()


def _documents(operation: Operation, extent: Extent = Extent.TYPICAL) -> Iterator[Upload]:
    """Give the documents and tables that the source reads, of which it names keys or columns."""
    for kind, schema in operation.documents.values():
        value = sample(schema, "", extent)
        if kind == "document":
            text, name, media_type = json.dumps(value), "document.json", "application/json"
        else:
            rows = [one for one in (value if isinstance(value, list) else []) if one]
            lines = [list(rows[0]), *(one.values() for one in rows)] if rows else []
            text = "".join(f"{','.join(map(str, line))}\n" for line in lines)
            name, media_type = "rows.csv", "text/csv"
        yield Upload(name=name, media_type=media_type, content=text.encode())


def _sizes(operation: Operation) -> Iterator[int]:
    """Give how large files are sent: as large as they may be, and a byte more.

    A whole body has the other fields, too. Where it is too large, a server may close the connection
    while it is sent, so that its response is lost now and then.
    """
    for name, sizes in operation.sizes.items():
        for size in sizes[:_SIZES]:
            yield from (size, size + 1) if name else (max(1, size - FIELDS),)


def refused(operation: Operation) -> Iterator[Variation]:
    """Give ways that the application has to refuse: these answers are its behaviour too."""
    if operation.body is not None and flattened(operation.body.schema).get("required"):
        yield Variation(name="empty body", empty=True)
    if operation.path_parameters:
        yield Variation(name="absent", absent=True)


def _chosen(operation: Operation) -> Iterator[Variation]:
    """Give one more way for each value of a field that chooses among a few.

    Other parts of the path that the source compares have the first of their texts meanwhile.
    """
    places = {one.name: one for one in operation.parameters if one.place is Place.PATH}
    firsts = {
        name: texts[0]
        for name, one in places.items()
        if (texts := (*choices(one.schema), *_compared(operation, name, one.schema)))
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
            for value in (*choices(parameter.schema), *compared, *fractions):
                yield Variation(name=f"{name}={_shown(value)}", path={**firsts, name: value})
    for name, value in _headers(operation):
        yield Variation(name=f"{name}={value}", headers={name: value})
    fields = operation.body.properties if operation.body else {}
    for name, schema in fields.items():
        if sample(schema, name, Extent.TYPICAL) is FILE:
            continue
        for value in (*choices(schema)[1:], *_compared(operation, name, schema)):
            yield from _with_files(operation, name, value)


def _other_kinds(operation: Operation) -> Iterator[Variation]:
    """Give one more way for each other kind of a field that is one of several; of no choices."""
    for name, schema in (operation.body.properties if operation.body else {}).items():
        both = (one for word in ("anyOf", "oneOf") for one in schema.get(word) or ())
        kinds = [one for one in both if one.get("type") != "null" and not choices(one)]
        for number, one in enumerate(kinds[1:CHOICES], 2):
            chosen = {name: sample(one, name, Extent.TYPICAL)}
            way = f"{name} of kind {number}"
            yield Variation(name=way, extent=Extent.TYPICAL, chosen=chosen)


def _combined(operation: Operation) -> Iterator[Variation]:
    """Give ways to ask for what there is by several texts of a query at once, each of them known.

    The listed values of each are tried with what answers have of the others.
    """
    query = [one for one in operation.parameters if one.place is Place.QUERY]
    texts = [one for one in query if kind_of(flattened(one.schema)) == "string"]
    if operation.method != "GET" or not texts:
        return
    yield KNOWN
    if len(texts) < _TEXTS:
        return
    listed = (
        (one.name, value)
        for one in texts
        for value in (*choices(one.schema), *_compared(operation, one.name, one.schema))
    )
    for name, value in islice(listed, _COMBINED):
        yield replace(KNOWN, name=f"{KNOWN.name}, {name}={_shown(value)}", query={name: value})


def in_other_letters(operation: Operation) -> Iterator[Variation]:
    """Send letters beyond ASCII in the first field that is any text."""
    fields = operation.body.properties if operation.body and not takes_file(operation) else {}
    free = [name for name, schema in fields.items() if _is_any_text(name, flattened(schema))]
    for name in free[:1]:
        yield Variation(
            name=f"{name} in other letters", extent=Extent.TYPICAL, chosen={name: _LETTERS}
        )


def _is_any_text(name: str, schema: Schema) -> bool:
    bound = schema.keys() & {"const", "enum", "format", "pattern", "readOnly"}
    fits = schema.get("maxLength", math.inf) >= len(_LETTERS)
    somebody = names_somebody(name) or _NAMES_ONE.search(name) is not None
    return kind_of(schema) == "string" and fits and not bound and not somebody


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
            header, _, cookie = name.removeprefix(_HEADER).partition(": ")
            yield from ((header, f"{cookie}={one}" if cookie else one) for one in texts[:CHOICES])


def _with_files(operation: Operation, name: str, value: Json) -> Iterator[Variation]:
    """Give the ways to choose a value of a body, with each kind of file where files are taken."""
    kinds = _kinds(operation) if takes_file(operation) else (None,)
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
