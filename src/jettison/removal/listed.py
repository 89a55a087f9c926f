"""The list of removals read back: what each of its lines says of the paths that it means."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.removal.listing import KEPT, KEPT_PATH, NOT_COUNTING, SECTIONS, TOGETHER

_OTHER = (NOT_COUNTING.strip(), SECTIONS.strip())


class Listed(Struct, frozen=True, kw_only=True):
    """A path or pattern of the list and the title that it stands under; ``line`` is from 1.

    ``rule`` is empty for one that stays because it could not be shown unused.
    """

    path: str
    rule: str
    reason: str
    line: int


def listed_lines(text: str) -> Iterator[Listed]:
    """Give every path of a list, those that leave and those that are told to stay."""
    rule = reason = ""
    kept = False
    for number, line in enumerate(text.splitlines(), 1):
        if kept and line.startswith(KEPT_PATH):
            path = line.removeprefix(KEPT_PATH).strip()
            yield Listed(path=path, rule="", reason=reason, line=number)
        elif line.startswith("#"):
            kept = line.startswith(KEPT)
            rule, _, reason = line.strip("# ").partition(": ")
        elif line.strip() and line.strip() != TOGETHER and not line.startswith(_OTHER):
            yield Listed(path=line.strip(), rule=rule, reason=reason, line=number)
