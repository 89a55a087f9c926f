"""Who a file of an image belongs to."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class OwnerKind(StrEnum):
    """What owners there are.

    BASE is what the layers of the base image hold and no package claims. UNOWNED is what nothing
    explains.
    """

    BASE = "base"
    INTERPRETER = "interpreter"
    STANDARD_LIBRARY = "standard library"
    DEBIAN_PACKAGE = "debian package"
    DISTRIBUTION = "distribution"
    APPLICATION = "application"
    CACHE = "cache"
    UNOWNED = "unowned"


class Owner(Struct, frozen=True, order=True, kw_only=True):
    """An owner; ``name`` is a package's, or the folder where there is none."""

    kind: OwnerKind
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()
