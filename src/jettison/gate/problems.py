"""What a check has to tell, and where."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from jettison.values import Origin


class Level(StrEnum):
    """How much a problem matters: an error fails the gate."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing to tell; ``subject`` names it, however lines and bytes change."""

    rule: str
    level: Level
    message: str
    subject: str
    origin: Origin | None = None
    bytes: int = 0

    @property
    def fingerprint(self) -> str:
        """What tells whether it was there before, though its line has moved."""
        text = "\0".join((self.rule, self.origin.file if self.origin else "", self.subject))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Placed(Struct, frozen=True, kw_only=True):
    """A problem at a line of a file of the checkout; no two have one fingerprint."""

    problem: Problem
    file: str
    line: int
    fingerprint: str


def worst_first(problem: Problem) -> tuple[int, int]:
    """Give what problems are sorted by: their level, then their bytes."""
    return list(Level).index(problem.level), -problem.bytes


def placed(found: Iterable[tuple[Problem, str]], folder: str) -> tuple[Placed, ...]:
    """Give problems their places below a folder of the checkout, the worst first.

    Each comes with the file of one that has no place of its own.
    """
    seen: Counter[str] = Counter()
    told = []
    for one, default in sorted(found, key=lambda pair: worst_first(pair[0])):
        seen[one.fingerprint] += 1
        repeated = f"-{seen[one.fingerprint]}" if seen[one.fingerprint] > 1 else ""
        place = one.origin or Origin(file=default)
        told.append(
            Placed(
                problem=one,
                file=posixpath.normpath(posixpath.join(folder, place.file)),
                line=place.line or 1,
                fingerprint=f"{one.fingerprint}{repeated}",
            )
        )
    return tuple(told)
