"""Tokens that carry data and a signature, as JSON Web Tokens and signed cookies do. Pure.

Sources: RFC 7515 and 7519 (a header and claims, each JSON in base64url), and the documentation of
itsdangerous and of Django's ``signing`` (JSON, compressed where a dot stands before it, then a
time).
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator

from jettison.verify.workload import Json

_TOKEN = re.compile(r"\.?[\w-]+={0,2}(?:[.:][\w-]*={0,2}){1,4}")
# How JSON objects and what zlib compresses begin in base 64.
_BEGINS = re.compile(r"\.?eyJ|\.eJ")
# Made of the address of the client, which the engine chooses, or by chance.
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_LONGEST = 2**16


def signed(text: str) -> list[Json] | None:
    """Give the parts of a token, those that are data as data; None where none is.

    Digests in the data are told by their length.
    """
    if len(text) > _LONGEST or not (_BEGINS.match(text) and _TOKEN.fullmatch(text)):
        return None
    parts = list(_parts(text))
    return parts if any(isinstance(one, dict) for one in parts) else None


def _parts(text: str) -> Iterator[Json]:
    packed = text.startswith(".")
    for number, part in enumerate(re.split("[.:]", text.removeprefix("."))):
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            if packed and number == 0:
                raw = zlib.decompressobj().decompress(raw, _LONGEST)
            found = json.loads(raw)
        except (ValueError, zlib.error, RecursionError):
            found = None
        yield _blurred(found) if isinstance(found, dict) else part


def _blurred(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _blurred(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_blurred(one) for one in value]
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"<{len(value)} hexadecimal digits>"
    return value
