"""What a registry answers when it wants to know who asks: the header ``WWW-Authenticate``."""

from __future__ import annotations

import re

from msgspec import Struct

# RFC 9110: a scheme, or a parameter whose value is a token or a quoted text.
_PART = re.compile(r'\s*,?\s*([A-Za-z0-9._~+-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?')


class Challenge(Struct, frozen=True, kw_only=True):
    """One way to authenticate: ``scheme`` in lower case, for example ``basic`` or ``bearer``."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read the header; parts that no registry uses are left out."""
    found: list[tuple[str, dict[str, str]]] = []
    for match in _PART.finditer(header):
        name, quoted, token = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
        if value is None:
            found.append((name.lower(), {}))
        elif found:
            found[-1][1][name.lower()] = value
    return tuple(
        Challenge(
            scheme=scheme,
            realm=parameters.get("realm", ""),
            service=parameters.get("service", ""),
            scope=parameters.get("scope", ""),
        )
        for scheme, parameters in found
    )
