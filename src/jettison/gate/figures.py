"""What is known of an image before it may pass: amounts, and whose its bytes are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.contents.stored_files import OwnerKind
from jettison.formats.budgets import Budget
from jettison.values import Basis, Origin, Skipped


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
