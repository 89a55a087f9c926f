"""From a build to what its lock holds, and from a lock to what a build takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from jettison.build.base import BaseFacts, BaseSource
from jettison.build.foundation import Foundation
from jettison.build.lock import LockedImage
from jettison.build.locked_archive import LockedArchive
from jettison.build.pin import Pin
from jettison.build.pins import pins, requirements_digest
from jettison.build.recipe import BaseWanted, Environment
from jettison.debian.archive import Archive
from jettison.distributions.target import Target
from jettison.facts import Project
from jettison.oci.platform import Platform
from jettison.records import Records


def archive_for(locked: LockedImage | None, cache: Path) -> Archive:
    """Return Debian's archive as it is, or as it is locked."""
    return LockedArchive(locked.packages, cache=cache) if locked else Archive(cache=cache)


def name_of(wanted: BaseWanted) -> str:
    """Return a base as a lock names it."""
    return wanted.location or wanted.kind


def locked_digest(locked: LockedImage | None, wanted: BaseWanted) -> str:
    """Return the locked digest of a base; empty without a lock and for a composed one.

    Raises ProjectError when another base is locked.
    """
    if locked is None:
        return ""
    locked.require("the base", name_of(wanted), locked.base)
    return locked.digest


def chosen_pins(
    environment: Environment,
    project: Project,
    target: Target,
    locked: LockedImage | None,
    *,
    records: Records,
    offline: bool,
    sources: bool,
) -> tuple[Pin, ...]:
    """Return the locked wheels, or resolve; raises as ``pins`` does, and ProjectError."""
    if locked is None:
        return pins(environment, project, target, records=records, offline=offline, sources=sources)
    asked = requirements_digest(environment, project, target)
    locked.require("the digest of the requirements", asked, locked.requirements)
    return locked.pins


class Made(Struct, frozen=True, kw_only=True):
    """A foundation, and what it was made of."""

    foundation: Foundation
    environment: Environment | None
    project: Project
    platform: Platform
    wanted: BaseWanted
    source: BaseSource
    facts: BaseFacts
    pins: tuple[Pin, ...]
    archive: Archive

    def locked(self, name: str) -> LockedImage:
        """Return what makes the same again, under the name of the image."""
        environment, target = self.environment, self.source.target
        return LockedImage(
            name=name,
            platform=str(self.platform),
            base=name_of(self.wanted),
            digest=self.source.digest,
            packages=tuple(self._packages()),
            requirements=requirements_digest(environment, self.project, target)
            if environment
            else "",
            pins=self.pins,
        )

    def _packages(self) -> Iterable[str]:
        """Return the index lines of the packages that the build laid."""
        there = {name for name, _, _ in self.source.debian}
        laid = [name for name, _, _ in self.facts.debian if name not in there]
        if not laid:
            return ()
        return self.archive.index(self.facts.release, self.platform.architecture).lines(laid)
