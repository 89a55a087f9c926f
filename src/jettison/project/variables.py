"""Environment variables as compose and environment files write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from jettison.values import Origin

_PLAIN = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{)")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?")


class Variable(Struct, frozen=True, kw_only=True):
    """A variable that is set; ``value`` is None when it is passed through from outside."""

    name: str
    value: str | None
    origin: Origin


def interpolate(value: str, env: Mapping[str, str], *, keep_unset: bool = False) -> str:
    """Replace ``$NAME``, ``${NAME}`` and ``${NAME:-default}`` (``-``, ``:+``, ``+`` too).

    ``$$`` is a dollar sign. A variable that is not in ``env`` and has no default becomes empty,
    as compose does it, or stays as written with ``keep_unset``; so does a required one
    (``${NAME:?message}``). Text that is not a valid reference stays as it is.
    """
    pieces = []
    at = 0
    while found := _PLAIN.search(value, at):
        pieces.append(value[at : found.start()])
        at = found.end()
        if found[1]:
            pieces.append("$")
        elif found[2]:
            pieces.append(env.get(found[2], found[0] if keep_unset else ""))
        else:
            stop = _closing_brace(value, at)
            pieces.append(_braced(value[at:stop], env, keep_unset=keep_unset))
            at = min(stop + 1, len(value))
    return "".join(pieces) + value[at:]


def _braced(body: str, env: Mapping[str, str], *, keep_unset: bool) -> str:
    found = _BRACED.match(body)
    written = "${" + body + "}"
    if found is None or (found[2] is None and found.end() < len(body)):
        return written
    name, operator = found[1], found[2] or ""
    rest = body[found.end() :]
    known = env.get(name)
    is_set = bool(known) if operator.startswith(":") else known is not None
    if operator.endswith("+"):
        return interpolate(rest, env, keep_unset=keep_unset) if is_set else ""
    if is_set:
        return known or ""
    if operator.endswith("-"):
        return interpolate(rest, env, keep_unset=keep_unset)
    return written if keep_unset else ""


def _closing_brace(value: str, at: int) -> int:
    depth = 1
    while at < len(value):
        if value.startswith("${", at):
            depth += 1
        elif value[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return at
