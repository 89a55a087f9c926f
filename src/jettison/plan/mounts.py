"""Mounts of compose services that production does without."""

from __future__ import annotations

import posixpath

from jettison.catalogue.reader import table
from jettison.lift.services import services_of
from jettison.lift.writable import CACHES, source_targets
from jettison.plan.plan import Plan
from jettison.project.compose import ComposeMount, MountKind, Service


def leaves(plan: Plan, service: Service, mount: ComposeMount) -> bool:
    """Whether a mount is source, a socket of an engine, or only shields folders from the source."""
    sources = () if plan.writing.unsure else source_targets(service, plan.project, plan.stage)
    if mount.target in sources:
        return True
    known = table("tools")["container_clients"]
    if mount.target in known["sockets"]:
        return not any(name in plan.usage.imports for name in known["modules"])
    shield = mount.kind is MountKind.ANONYMOUS and posixpath.basename(mount.target) in CACHES
    return shield and bool(sources)


def is_shared(plan: Plan, service: Service, mount: ComposeMount) -> bool:
    """Whether a mount comes from a part above the service that others refer to (an anchor).

    A part of another service that changes too is written out first, and then shared no more.
    """
    if not _is_above(service, mount):
        return False
    return not any(
        own.origin == mount.origin and not _is_above(other, own) and leaves(plan, other, own)
        for other in services_of(plan.project)
        for own in other.volumes
    )


def _is_above(service: Service, mount: ComposeMount) -> bool:
    start, line = service.origin.line, mount.origin.line
    return start is not None and line is not None and line < start
