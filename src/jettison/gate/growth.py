"""What grew, grouped by the requirement that brings it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from jettison.contents.stored_files import OwnerKind
from jettison.gate.figures import OwnedBytes
from jettison.values import Origin, human

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
