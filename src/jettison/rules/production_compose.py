"""The compose service runs the image, not the folder.

A source mount puts the developer's folder over what was built and tested; the mounted socket of
the engine makes the application root on the host. In production both leave. The root file system
becomes read-only with a temporary folder, capabilities are dropped, and no process can gain new
privileges.

Source: OWASP Docker Security Cheat Sheet, rules 1, 3, 4 and 8; docs.docker.com, "Compose file
reference", read_only, tmpfs, cap_drop, security_opt.

Safe: data volumes stay writable. The development compose file keeps the source mount. The image
is run with the same restrictions before anything is written.
"""

from __future__ import annotations

import posixpath

from jettison.catalogue.reader import table
from jettison.changes import HardenService
from jettison.lift.probe import probe_of_words
from jettison.lift.writable import CACHES, data_mounts, service_of, source_targets, writable_folders
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.project.compose import ComposeMount, MountKind, Service
from jettison.rules.rule import Rule
from jettison.values import Evidence

NAME = "production-compose"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find a service that mounts its source or a socket, or that may write everywhere."""
    service = service_of(plan.project)
    if service is None:
        return ()
    mounts = _leaving(plan, service)
    checked = _health_check(service)
    loose = not (service.read_only and service.cap_drop and service.security_opt)
    if not mounts and not checked and not loose:
        return ()
    mounted = {mount.target for mount in data_mounts(plan.project, plan.stage)}
    writable = tuple(
        folder
        for folder in writable_folders(plan.project, plan.stage)
        if not any(folder == target or folder.startswith(f"{target}/") for target in mounted)
    )
    change = HardenService(
        service=service.name,
        mounts=tuple(mount.target for mount in mounts),
        health_check=checked,
        writable=writable,
    )
    return (
        Finding(
            rule=NAME,
            message=_message(mounts),
            evidence=(*(_evidence(mount) for mount in mounts), *_loose(service)),
            changes=(change,),
        ),
    )


def _leaving(plan: Plan, service: Service) -> list[ComposeMount]:
    """Source mounts, sockets of engines, and anonymous volumes that only shield folders."""
    sockets = table("tools")["container_clients"]["sockets"]
    sources = source_targets(plan.project, plan.stage)
    modules = table("tools")["container_clients"]["modules"]
    uses_socket = any(name in plan.usage.imports for name in modules)
    return [
        mount
        for mount in service.volumes
        if mount.target in sources
        or (mount.target in sockets and not uses_socket)
        or (
            mount.kind is MountKind.ANONYMOUS
            and sources
            and posixpath.basename(mount.target) in CACHES
        )
    ]


def _health_check(service: Service) -> tuple[str, ...]:
    check = service.healthcheck
    if check is None or not check.test or check.disable:
        return ()
    words = (
        check.test[1:] if check.test[0] == "CMD" else tuple(check.test[-1].split("||")[0].split())
    )
    probe = probe_of_words(words)
    return ("CMD", *probe.python()) if probe else ()


def _message(mounts: list[ComposeMount]) -> str:
    restrictions = "runs with a read-only root, without capabilities"
    if not mounts:
        return f"the service {restrictions}"
    return (
        f"the service {restrictions}, and without the mounts {', '.join(m.target for m in mounts)}"
    )


def _evidence(mount: ComposeMount) -> Evidence:
    if mount.kind is MountKind.ANONYMOUS:
        message = f"{mount.target} only shielded the image from the mounted source"
    elif mount.target.endswith(".sock"):
        message = f"{mount.target} is root on the host, and nothing uses it"
    else:
        message = f"{mount.source} is mounted over the code of the image"
    return Evidence(kind="mount", message=message, origin=mount.origin)


def _loose(service: Service) -> tuple[Evidence, ...]:
    missing = [
        name
        for name, there in (
            ("read_only", service.read_only),
            ("cap_drop", bool(service.cap_drop)),
            ("security_opt", bool(service.security_opt)),
        )
        if not there
    ]
    if not missing:
        return ()
    return (
        Evidence(
            kind="compose",
            message=f"the service does not set {', '.join(missing)}",
            origin=service.origin,
        ),
    )


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
