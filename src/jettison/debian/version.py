"""The order of Debian versions, as Debian Policy 5.6.12 defines it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from types import MappingProxyType
from typing import Any

Part = tuple[tuple[int, ...] | int, ...]
VersionKey = tuple[int, Part, Part]

_PIECES = re.compile(r"(\D*)(\d*)")

# "<" and ">" are the obsolete spellings of "<=" and ">=".
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"<<": lt, "<=": le, "=": eq, ">=": ge, ">>": gt, "<": le, ">": ge}
)


@lru_cache(maxsize=4096)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts as ``dpkg --compare-versions`` does.

    ``version`` is ``[epoch:]upstream[-revision]``; a missing epoch or revision counts as 0. An
    epoch that is not a number counts as part of the upstream version.
    """
    epoch, colon, rest = version.strip().partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version.strip()
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch), _part_key(upstream), _part_key(revision)


def _part_key(text: str) -> Part:
    """Return letters and number by turns, ended by one empty turn; no text counts as ``0``."""
    pairs = (
        ((*map(_order, letters), 0), int(digits or 0))
        for letters, digits in _PIECES.findall(text or "0")
    )
    return tuple(element for pair in pairs for element in pair)


def _order(character: str) -> int:
    """Tilde before the end (0), letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def satisfies(version: str, operator: str, wanted: str) -> bool:
    """Tell whether ``version`` ``operator`` ``wanted`` holds; KeyError for an unknown operator."""
    return OPERATORS[operator](version_key(version), version_key(wanted))
