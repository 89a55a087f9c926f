"""What a page of HTML holds: its links and forms; and how bodies of forms are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import urlencode

from msgspec import Struct

from jettison.index.listing import tags
from jettison.verify.workload import Json
from jettison.verify.workload.sample import Extent, Upload, sample, uploads

# attributes that name what a page leads to or is made of
_LINKING = {"a": "href", "link": "href", "script": "src", "img": "src"}
# What names each kind of file.
_FILES = {
    "txt": r"\.txt|text/plain",
    "pdf": r"pdf",
    "png": r"image|photo|picture|avatar|logo|png|jpe?g",
    "docx": r"docx?\b|wordprocessing",
    "csv": r"csv|table",
}


class FormField(Struct):
    """A field of a form: its kind and the value that the page gives it."""

    name: str
    kind: str
    value: str


class Form(Struct):
    """A form of a page."""

    method: str
    action: str
    media_type: str
    fields: list[FormField]

    def filled(self) -> dict[str, Json]:
        """Give what a browser would send of it, once each field has some value."""
        with_files = self.media_type == "multipart/form-data"
        return {
            field.name: _file(field) if with_files and field.kind == "file" else _value(field)
            for field in self.fields
        }


class _Reader:
    def __init__(self) -> None:
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select: FormField | None = None

    def take(self, tag: str, given: Mapping[str, str]) -> None:
        if given.get(_LINKING.get(tag, "")):
            self.links.append(given[_LINKING[tag]])
        elif tag == "form":
            method = given.get("method", "get").upper()
            kind = given.get("enctype") or "application/x-www-form-urlencoded"
            self.forms.append(Form(method, given.get("action", ""), kind, []))
        elif self.forms and tag in {"input", "textarea", "select", "option"}:
            self._field(tag, given)

    def _field(self, tag: str, given: Mapping[str, str]) -> None:
        fields = self.forms[-1].fields
        if tag == "option":
            if self._select and not self._select.value:
                self._select.value = given.get("value", "")
        elif given.get("name") and given.get("type") not in {"submit", "button", "image"}:
            kind = given.get("type", "text") if tag == "input" else tag
            value = given.get("accept" if kind == "file" else "value", "")
            fields.append(FormField(given["name"], kind, value))
            self._select = fields[-1] if tag == "select" else None


@lru_cache(maxsize=4)
def read_page(html: str) -> tuple[tuple[str, ...], tuple[Form, ...]]:
    """Give the links and the forms of a page, as written."""
    reader = _Reader()
    for tag, fields in tags(html):
        reader.take(tag, {name: value or "" for name, value in fields.items()})
    return tuple(reader.links), tuple(reader.forms)


def hidden_values(html: str, index: int) -> dict[str, str]:
    """Give the hidden fields of a form as the page has them now."""
    _, forms = read_page(html)
    fields = forms[index].fields if index < len(forms) else []
    return {field.name: field.value for field in fields if field.kind == "hidden"}


def _file(field: FormField) -> Upload:
    """Give a file that a field accepts or names."""
    wanted = f"{field.value} {field.name}".lower()
    suits = (one for one in uploads() if re.search(_FILES[one.name.rpartition(".")[2]], wanted))
    return next(suits, uploads()[0])


def _value(field: FormField) -> str:
    if field.kind == "hidden" or field.value:
        return field.value
    forms = {"email": "email", "password": "password", "date": "date", "url": "uri"}
    schema = {"type": "string", "format": forms.get(field.kind, "")}
    if field.kind in {"number", "range"}:
        return "1"
    return "on" if field.kind == "checkbox" else str(sample(schema, field.name, Extent.MINIMAL))


_BOUNDARY = "jettison-form-boundary-7f9c24e8"


def encode(media_type: str, value: Json) -> tuple[str, bytes]:
    """Give the Content-Type and the body."""
    if media_type == "multipart/form-data":
        parts = b"".join(_parts(value))
        closing = f"--{_BOUNDARY}--\r\n".encode()
        return f"{media_type}; boundary={_BOUNDARY}", parts + closing
    if media_type == "application/x-www-form-urlencoded":
        return media_type, urlencode(list(_fields(value))).encode()
    if isinstance(value, Upload):
        return value.media_type, value.sent
    if isinstance(value, str) and "json" not in media_type:
        return media_type, value.encode()
    return media_type, json.dumps(value, ensure_ascii=False, default=str).encode()


def _fields(value: Json) -> Iterator[tuple[str, str]]:
    for name, one in value.items() if isinstance(value, dict) else ():
        for each in one if isinstance(one, list) else [one]:
            if each is not None:
                yield name, as_text(each)


def as_text(value: Json) -> str:
    """Write a value as forms and queries do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _parts(value: Json) -> Iterator[bytes]:
    for name, one in value.items() if isinstance(value, dict) else ():
        for each in one if isinstance(one, list) else [one]:
            if isinstance(each, Upload):
                yield _part(f'{name}"; filename="{each.name}', each.media_type, each.sent)
            elif each is not None:
                yield _part(name, "", as_text(each).encode())


def _part(disposition: str, media_type: str, content: bytes) -> bytes:
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{disposition}"\r\n{kind}\r\n'
    return head.encode() + content + b"\r\n"
