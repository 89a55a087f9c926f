"""Bodies as bytes, the same bytes every time. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from jettison.verify.workload.files import Upload
from jettison.verify.workload.operation import Json

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
        return value.media_type, value.content
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
                yield _part(f'{name}"; filename="{each.name}', each.media_type, each.content)
            elif each is not None:
                yield _part(name, "", as_text(each).encode())


def _part(disposition: str, media_type: str, content: bytes) -> bytes:
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{disposition}"\r\n{kind}\r\n'
    return head.encode() + content + b"\r\n"
