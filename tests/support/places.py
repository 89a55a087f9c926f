"""Stores as the tests of their contract see them."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.images import Store
from jettison.images.reference import Reference


@dataclass(frozen=True, kw_only=True)
class Place:
    """A store and a name that nothing has there; ``keeps_manifests`` is what daemons do not."""

    store: Store
    name: Reference
    keeps_manifests: bool = True
