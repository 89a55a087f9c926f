"""The list of removals read back: what each of its lines says of the paths that it means."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.removal.listing import ARROW, KEPT, KEPT_PATH, LINK, TOGETHER, WORDS


class Listed(Struct, frozen=True, kw_only=True):
    """A path or pattern of the list and the title that it stands under; ``line`` is from 1.

    ``rule`` is empty for one that stays because it could not be shown unused. ``file`` is the equal
    one that the path becomes another name of, empty for what leaves.
    """

    path: str
    rule: str
    reason: str
    line: int
    file: str = ""

    @property
    def leaves(self) -> bool:
        """Whether the list takes it out."""
        return bool(self.rule) and not self.file


def listed_lines(text: str) -> Iterator[Listed]:
    """Give every path of a list: those that leave, are kept once, and are told to stay."""
    rule = reason = ""
    kept = False
    for number, line in enumerate(text.splitlines(), 1):
        if kept and line.startswith(KEPT_PATH):
            path = line.removeprefix(KEPT_PATH).strip()
            yield Listed(path=path, rule="", reason=reason, line=number)
        elif line.startswith("#"):
            kept = line.startswith(KEPT)
            rule, _, reason = line.strip("# ").partition(": ")
        elif line.startswith(LINK):
            path, _, file = line.strip().removeprefix(LINK).partition(ARROW)
            yield Listed(path=path, rule=rule, reason=reason, line=number, file=file)
        elif line.strip() and line.strip() != TOGETHER and not line.startswith(WORDS):
            yield Listed(path=line.strip(), rule=rule, reason=reason, line=number)
