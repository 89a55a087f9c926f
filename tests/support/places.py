"""Stores as the tests of their contract see them."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.oci.reference import Reference
from jettison.stores.store import Store


@dataclass(frozen=True, kw_only=True)
class Place:
    """A store and a name that nothing has there; ``keeps_manifests`` is what daemons do not."""

    store: Store
    name: Reference
    keeps_manifests: bool = True
