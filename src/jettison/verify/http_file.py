"""Requests of the user's own (``.http`` files)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from jettison.errors import InputSyntaxError
from jettison.values import Origin
from jettison.verify.request import CustomRequest

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_HEADER = re.compile(r"^([A-Za-z0-9!#$%&'*+.^_`|~-]+):\s*(.*)$")
_Line = tuple[int, str]


def parse_http_file(text: str, file: str) -> tuple[CustomRequest, ...]:
    """Read all requests, in their order. Raises InputSyntaxError with the line that is wrong."""
    return tuple(_request(block, file) for block in _blocks(text) if block)


def _blocks(text: str) -> Iterator[list[_Line]]:
    block: list[_Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("###"):
            yield block
            block = []
        elif block or (line.strip() and not line.startswith(("#", "//"))):
            block.append((number, line))
    yield block


def _request(block: list[_Line], file: str) -> CustomRequest:
    number, first = block[0]
    words = first.split()
    method, target = (
        (words[0], words[1]) if words[0] in _METHODS and words[1:] else ("GET", words[0])
    )
    headers: list[tuple[str, str]] = []
    body: list[str] = []
    for at, line in block[1:]:
        found = _HEADER.match(line)
        if body or not line.strip():
            body.append(line)
        elif found:
            headers.append((found[1], found[2].strip()))
        else:
            raise _wrong(f"this is no header: {line.strip()}", file, at)
    content = "\n".join(body[1:]).rstrip("\n")
    return CustomRequest(
        method=method, path=_path(target, file, number), headers=tuple(headers),
        body=content.encode("utf-8"),
    )  # fmt: skip


def _path(target: str, file: str, number: int) -> str:
    try:
        parts = urlsplit(target)
    except ValueError as none:
        raise _wrong(f"no valid request address: {target}", file, number) from none
    if "{{" in target or not (parts.path.startswith("/") or parts.netloc):
        raise _wrong(f"no valid request address: {target}", file, number)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _wrong(what: str, file: str, number: int) -> InputSyntaxError:
    return InputSyntaxError(
        what,
        hint="Write `GET /path`, headers as `Name: value`, an empty line, and then the body.",
        origin=Origin(file=file, line=number),
    )
