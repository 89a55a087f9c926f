"""Two images held against each other, owner by owner."""

from __future__ import annotations

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.inspect.inspection import Inspection
from jettison.inspect.owner import Owner, OwnerKind


class Side(Struct, frozen=True, kw_only=True):
    """What one image has of an owner; ``version`` joins several with a comma."""

    version: str
    size: int


class Change(Struct, frozen=True, kw_only=True):
    """One owner in both images; None where an image has nothing of it."""

    kind: OwnerKind
    name: str
    before: Side | None
    after: Side | None

    @property
    def growth(self) -> int:
        """Bytes that the second image has more."""
        return (self.after.size if self.after else 0) - (self.before.size if self.before else 0)


class Comparison(Struct, frozen=True, kw_only=True):
    """What two images have of each owner; each group has the largest change first."""

    before: Inspection
    after: Inspection
    grew: tuple[Change, ...]
    shrank: tuple[Change, ...]
    only_before: tuple[Change, ...]
    only_after: tuple[Change, ...]
    same: int


def compare(before: Inspection, after: Inspection) -> Comparison:
    """Compare two inspections by kind and name of owner; versions may differ."""
    first, second = _sides(before), _sides(after)
    changes = sorted(
        (
            Change(kind=kind, name=name, before=first.get(key), after=second.get(key))
            for key in first.keys() | second.keys()
            for kind, name in [key]
        ),
        key=lambda one: (-abs(one.growth), one.kind, one.name),
    )
    both = [one for one in changes if one.before and one.after]
    return Comparison(
        before=before,
        after=after,
        grew=tuple(one for one in both if one.growth > 0),
        shrank=tuple(one for one in both if one.growth < 0),
        only_before=tuple(one for one in changes if not one.after),
        only_after=tuple(one for one in changes if not one.before),
        same=sum(one.growth == 0 for one in both),
    )


def _sides(image: Inspection) -> dict[tuple[OwnerKind, str], Side]:
    found: dict[tuple[OwnerKind, str], Side] = {}
    for share in image.owners:
        key = (share.owner.kind, _name(share.owner))
        known = found.get(key)
        versions = [known.version if known else "", share.owner.version]
        found[key] = Side(
            version=", ".join(dict.fromkeys(filter(None, versions))),
            size=share.size + (known.size if known else 0),
        )
    return found


def _name(owner: Owner) -> str:
    """Names of distributions are spelled in several ways."""
    if owner.kind is OwnerKind.DISTRIBUTION:
        return canonicalize_name(owner.name)
    return owner.name
