"""Values that fit a JSON schema, always the same ones."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.verify.workload import Json, Schema, fits

_QUOTED = re.compile(r"['\"`]([A-Za-z0-9_.-]{2,40})['\"`]")
CHOICES = 40
"""How many values of an enumeration are tried."""
_DEPTH = 6
# ``^(name|length)$`` as a pattern is an enumeration, too
_ALTERNATIVES = re.compile(r"\^?(?:\((?:\?:)?)?([\w.-]+(?:\|[\w.-]+)+)\)?\$?")


_LONGEST = 10_000
_UNEVEN = 11.75


class Extent(StrEnum):
    """How much of an object is given: every property, or those that are required."""

    TYPICAL = "typical"
    MINIMAL = "minimal"


class BinaryFile:
    """Stands in a value where a file is to be uploaded."""

    def __repr__(self) -> str:
        return "<file>"


FILE = BinaryFile()


def sample(schema: Schema, name: str, extent: Extent, depth: int = _DEPTH) -> Json:
    """Give a value for the field ``name``."""
    flat = flattened(schema)
    for fixed in ("const", "example"):
        if fixed in flat:
            return flat[fixed]
    if flat.get("enum"):
        return flat["enum"][0]
    if kind_of(flat) == "object":
        return _object(flat, extent, depth)
    if kind_of(flat) == "array":
        return _array(flat, name, extent, depth)
    return _scalar(flat, name)


def _scalar(schema: Schema, name: str) -> Json:
    kind = kind_of(schema)
    if kind in {"integer", "number"}:
        number = _number(schema)
        return math.ceil(number) if kind == "integer" else number
    if kind == "boolean":
        # the other one than the default leads somewhere new
        return not schema.get("default", False)
    return None if kind == "null" else _text(schema, name)


def choices(schema: Schema) -> tuple[Json, ...]:
    """Give the values among which a field chooses: its enumeration, or words quoted about it.

    A pattern of nothing but alternatives is an enumeration, too.
    Each may lead to other code, so each is worth a request.
    """
    flat = flattened(schema)
    listed = flat.get("enum") or ()
    alternatives = _ALTERNATIVES.fullmatch(str(flat.get("pattern") or ""))
    if not listed and alternatives:
        listed = tuple(alternatives[1].split("|"))
    if not listed and kind_of(flat) == "string" and not flat.get("format"):
        quoted = dict.fromkeys(_QUOTED.findall(str(flat.get("description") or "")))
        listed = tuple(quoted) if len(quoted) > 1 else ()
    if not listed and kind_of(flat) == "boolean":
        listed = (True, False)
    return tuple(listed[:CHOICES])


def following(schema: Schema) -> tuple[float, ...]:
    """Give another number than the usual one where it is allowed, as of the next page.

    By one, which is the usual one, nothing is changed that is multiplied.
    """
    flat = flattened(schema)
    kind = kind_of(flat)
    if kind not in {"integer", "number"} or flat.get("enum"):
        return ()
    usual = sample(flat, "", Extent.TYPICAL)
    step = flat.get("multipleOf") or (1 if kind == "integer" else _UNEVEN)
    value = int(usual) + int(step) if kind == "integer" else usual + step
    most = flat.get("maximum", flat.get("exclusiveMaximum"))
    return () if most is not None and value > most else (value,)


def flattened(schema: Schema) -> Schema:
    """Resolve ``allOf``, and the first alternative of ``anyOf`` and ``oneOf`` that is not null."""
    flat = dict(schema)
    for part in flat.pop("allOf", None) or ():
        flat = _merged(flat, flattened(part))
    for word in ("anyOf", "oneOf"):
        options = [one for one in flat.pop(word, None) or () if one.get("type") != "null"]
        if options:
            flat = _merged(flat, flattened(options[0]))
    return flat


def _merged(one: dict[str, Json], other: Schema) -> dict[str, Json]:
    return {
        **other,
        **one,
        "properties": {**(other.get("properties") or {}), **(one.get("properties") or {})},
        "required": [*(other.get("required") or ()), *(one.get("required") or ())],
    }


def kind_of(schema: Schema) -> str:
    """Give the JSON type; of several the first that is not null."""
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = next((one for one in declared if one != "null"), "null")
    if isinstance(declared, str):
        return declared
    if schema.get("properties"):
        return "object"
    return "array" if "items" in schema else "string"


def _object(schema: Schema, extent: Extent, depth: int) -> dict[str, Json]:
    required = set(schema.get("required") or ())
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    return {
        name: sample(one, name, extent, depth - 1)
        for name, one in properties.items()
        if not one.get("readOnly")
        and (name in required or (extent is Extent.TYPICAL and depth > 0))
    }


def _array(schema: Schema, name: str, extent: Extent, depth: int) -> list[Json]:
    least = int(schema.get("minItems") or 0)
    wanted = max(least, 1 if extent is Extent.TYPICAL and depth > 0 else 0)
    items = schema.get("items") or {}
    one = sample(items, name, extent, depth - 1) if wanted else None
    if extent is Extent.TYPICAL and depth > 0 and kind_of(flattened(items)) == "number":
        return _series(one, wanted, flattened(items), schema.get("maxItems"))
    return [one] * min(wanted, 50)


def _series(first: Json, least: int, items: Schema, most: int | None) -> list[Json]:
    """Give several quantities: of equal ones, or of one alone, most statistics are the same."""
    step = items.get("multipleOf") or 1
    several = [first, first + step, first + 4 * step]
    highest = items.get("maximum", items.get("exclusiveMaximum"))
    if items.get("enum") or (highest is not None and several[-1] >= highest):
        several = [first]
    several = several[: most or None]
    return [*several, *([first] * min(least - len(several), 50))]


def _number(schema: Schema) -> float:
    least = schema.get("minimum")
    above = schema.get("exclusiveMinimum")
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf") or 1
    if isinstance(above, (int, float)) and not isinstance(above, bool):
        value = above + step
    elif least is not None:
        value = max(least, 1) if most is None or most >= 1 else least
    else:
        value = step
    return float(min(value, most) if most is not None else value)


def _text(schema: Schema, name: str) -> Json:
    form = str(schema.get("format") or "")
    if form in {"binary", "base64"} or "contentMediaType" in schema or kind_of(schema) == "file":
        return FILE
    quoted = choices(schema)
    fitting = (_cut(value, schema) for value in _candidates(form, name, quoted))
    pattern = str(schema.get("pattern") or "")
    return next((value for value in fitting if fits(value, pattern)), "Garden plan one")


def _candidates(form: str, name: str, quoted: tuple[Json, ...]) -> Iterator[str]:
    samples = table(Samples)
    if form in samples.formats:
        yield samples.formats[form]
    yield from (str(one) for one in quoted)
    lowered = name.lower()
    yield from (entry.value for entry in samples.text if re.search(entry.pattern, lowered))
    yield from samples.fitting


def _cut(value: str, schema: Schema) -> str:
    most = schema.get("maxLength")
    least = min(int(schema.get("minLength") or 0), _LONGEST)
    if most is not None and len(value) > most:
        value = value[: int(most)]
    return value + "x" * (least - len(value))


_WORDS = "A short note about the garden in spring."


class Upload(Struct, frozen=True, kw_only=True):
    """A file as a browser would send it; one of a ``size`` is made as large when it is sent."""

    name: str
    media_type: str
    content: bytes
    size: int = 0

    @property
    def sent(self) -> bytes:
        """The bytes that are sent: spaces behind a text change nothing, nor zeros elsewhere."""
        is_text = self.media_type.startswith(("text/", "application/json"))
        return self.content.ljust(self.size, b" " if is_text else b"\0")


@cache
def uploads() -> tuple[Upload, ...]:
    """Give one file of each kind: text, PDF, picture, office document, table."""
    kinds: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("note.txt", "text/plain", _WORDS.encode),
        ("note.pdf", "application/pdf", _pdf),
        ("photo.png", "image/png", _png),
        (
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            _docx,
        ),
        ("table.csv", "text/csv", lambda: b"plant,count\nrose,3\nfern,5\n"),
    )
    return tuple(
        Upload(name=name, media_type=media_type, content=make()) for name, media_type, make in kinds
    )


def _png() -> bytes:
    width, height = 24, 16
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 10, y * 15, 120)) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _pdf() -> bytes:
    drawing = f"BT /F1 18 Tf 20 100 Td ({_WORDS}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 200] /Contents 4 0 R /Resources %s >>"
        % b"<< /Font << /F1 5 0 R >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return written + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )


_DOCX = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body><w:p><w:r><w:t>{_WORDS}</w:t></w:r></w:p></w:body></w:document>"
    ),
}


def _docx() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _DOCX.items():
            part = zipfile.ZipInfo(name, date_time=(2024, 5, 17, 9, 30, 0))
            archive.writestr(part, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return written.getvalue()
