"""Which layers of an image are those of its base, told by its history."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from jettison.oci.history import History

# The classic builder writes "/bin/sh -c #(nop)  CMD …", BuildKit "CMD …".
_COMMAND = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?CMD\b")
# The layers of a base that Jettison composed; what it adds on top is named for what it holds.
_COMPOSED = ("jettison: Debian packages", "jettison: Python and its standard library")
_COPY = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?(?:COPY|ADD)\b")


class BaseLayers(Struct, frozen=True, kw_only=True):
    """How many layers, from the lowest, the base has, and how that is known."""

    count: int
    known_by: str


def base_layers(
    history: Sequence[History], diff_ids: Sequence[str], base: Sequence[str] = ()
) -> BaseLayers | None:
    """Find the base's layers: those of ``base`` (diff IDs) when given, else by the history.

    A base image nearly always ends with a CMD, so the last CMD that layers of the image's own
    follow is the base's end. None when ``base`` is given and the image is not made on it.
    """
    if base:
        if tuple(diff_ids[: len(base)]) != tuple(base):
            return None
        return BaseLayers(count=len(base), known_by="the base that was named")
    composed = tuple(entry.created_by for entry in history[: len(_COMPOSED)])
    if composed == _COMPOSED and len(diff_ids) >= len(_COMPOSED):
        known_by = "the history: Jettison composed them"
        return BaseLayers(count=len(_COMPOSED), known_by=known_by)
    ended = _end_of_base(history)
    if ended:
        return BaseLayers(count=ended, known_by="the history: the base ends with its CMD")
    return BaseLayers(count=0, known_by="")


def instructions(history: Sequence[History], layers: int) -> tuple[str, ...]:
    """Give for each layer the instruction that made it; empty where the history does not tell."""
    made = [entry.created_by for entry in history if not entry.empty_layer]
    return tuple(made) if len(made) == layers else ("",) * layers


def is_copy(instruction: str) -> bool:
    """Tell whether a layer came from a COPY or ADD."""
    return bool(_COPY.match(instruction))


def _end_of_base(history: Sequence[History]) -> int:
    """Count the layers before the last CMD that a layer follows."""
    count = ended = 0
    pending: int | None = None
    for entry in history:
        if entry.empty_layer:
            pending = count if _COMMAND.match(entry.created_by) else pending
            continue
        ended = ended if pending is None else pending
        pending = None
        count += 1
    return ended
