"""System packages of the final stage as values: what each is for, and why."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.values import Evidence, Origin, Size


class PackageScope(StrEnum):
    """What a system package is for."""

    BUILD = "build"
    RUNTIME = "runtime"
    UNNEEDED = "unneeded"


class PlannedPackage(Struct, frozen=True, kw_only=True):
    """A system package that the final stage installs, with its scope.

    ``runtime`` names the packages that take its place in the final image when only its library is
    needed there (``libpq-dev`` → ``libpq5``). ``brings`` are the packages that come with it on a
    slim image, and ``size`` counts them.
    """

    name: str
    scope: PackageScope
    evidence: tuple[Evidence, ...] = ()
    origin: Origin | None = None
    runtime: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    size: Size | None = None
