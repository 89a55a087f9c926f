"""How an image stands: its figures, what grew since a baseline, and the problems of a check.

Modules beside it hold it against budgets, known vulnerabilities and the other images of a fleet.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

from jettison.contents.stored_files import OwnerKind
from jettison.formats.budgets import Budget
from jettison.values import Basis, Origin, Skipped, human, replace


class Amount(Struct, frozen=True, kw_only=True):
    """At least and at most; both are the same for what was measured."""

    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Amount:
        """Give an amount that is known."""
        return cls(low=value, high=value)


class OwnedBytes(Struct, frozen=True, order=True, kw_only=True):
    """The bytes of one owner; of a distribution, the requirement that brings it and its place."""

    kind: OwnerKind
    name: str
    bytes: int
    version: str = ""
    requirement: str = ""
    origin: Origin | None = None


class Figures(Struct, frozen=True, kw_only=True):
    """What is known of ``image``, and on which basis.

    ``owners`` are the layers where only a manifest was read; ``unknown`` is what counts as
    nothing because its size is not known. ``digest`` is that of an image in a registry.
    """

    image: str
    basis: Basis
    amounts: Mapping[Budget, Amount] = field(default_factory=lambda: MappingProxyType({}))
    owners: tuple[OwnedBytes, ...] = ()
    unknown: tuple[Skipped, ...] = ()
    digest: str = ""

    @property
    def whole(self) -> bool:
        """Whether owners are known by their files, and not layer by layer."""
        return self.basis is not Basis.MEASURED or Budget.SIZE in self.amounts


# So many owners a message names.
_NAMED = 3


class Growth(Struct, frozen=True, kw_only=True):
    """What one requirement, or one owner without one, has more than before.

    ``members`` are its owners with their own growth, the largest first; ``fresh`` says that the
    baseline has nothing of it.
    """

    name: str
    kind: OwnerKind
    bytes: int
    members: tuple[OwnedBytes, ...]
    origin: Origin | None = None
    fresh: bool = False


def growths(before: Iterable[OwnedBytes], now: Iterable[OwnedBytes]) -> Iterator[Growth]:
    """Group what grew by the requirement that brings it, the largest first.

    What is removed from an image counts as negative bytes: fewer of them are growth too.
    """
    known = {(one.kind, one.name): one for one in before}
    there = {(one.kind, one.name): one for one in now}
    gone = {key: replace(one, bytes=0) for key, one in known.items() if one.bytes < 0}
    grouped: dict[tuple[OwnerKind, str], list[OwnedBytes]] = {}
    for key, one in {**gone, **there}.items():
        less = known[key].bytes if key in known else 0
        if one.bytes > less:
            name = f"fewer {one.name}" if less < 0 else one.requirement or one.name
            more = replace(one, bytes=one.bytes - less)
            grouped.setdefault((one.kind, name), []).append(more)
    found = [
        Growth(
            name=name,
            kind=kind,
            bytes=sum(one.bytes for one in members),
            members=tuple(sorted(members, key=lambda one: -one.bytes)),
            origin=members[0].origin,
            fresh=bool(known) and (kind, name) not in known,
        )
        for (kind, name), members in grouped.items()
    ]
    yield from sorted(found, key=lambda one: (-one.bytes, one.name))


def caused(growth: Growth) -> str:
    """Say which owner it is and how many bytes it has or adds."""
    verb = "adds" if growth.fresh else "grew by"
    own = growth.members[0]
    others = growth.members if len(growth.members) > 1 else ()
    release = f" {own.version}" if own.version and own.name == growth.name and not others else ""
    what = f"{growth.name}{release} {verb} {human(growth.bytes)}"
    if not others:
        return what
    named = [f"{one.name} {human(one.bytes)}" for one in others[:_NAMED]]
    more = [f"{len(others) - _NAMED} more"] if len(others) > _NAMED else []
    return f"{what} ({', '.join((*named, *more))})"


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
