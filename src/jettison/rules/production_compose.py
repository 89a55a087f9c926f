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
from jettison.lift.writable import (
    CACHES,
    data_mounts,
    service_of,
    source_targets,
    writable_folders,
    written_beside_code,
)
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
    written = written_beside_code(plan.usage)
    rooted = plan.stage.runs_as_root and not service.user
    read_only = written is None and not rooted
    missing = [] if rooted else _missing(service, read_only=read_only)
    if not mounts and not checked and not missing:
        return ()
    mounted = {mount.target for mount in data_mounts(plan.project, plan.stage)}
    writable = tuple(
        folder
        for folder in writable_folders(plan.project, plan.stage, plan.usage)
        if not any(folder == target or folder.startswith(f"{target}/") for target in mounted)
    )
    change = HardenService(
        service=service.name,
        mounts=tuple(mount.target for mount in mounts),
        health_check=checked,
        writable=writable,
        read_only=read_only,
        restricted=not rooted,
    )
    return (
        Finding(
            rule=NAME,
            message=_message(mounts, missing),
            evidence=(
                *(_evidence(mount) for mount in mounts),
                *_loose(service, missing),
                *((written,) if written else ()),
            ),
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


def _message(mounts: list[ComposeMount], missing: list[str]) -> str:
    what = {
        "read_only": "with a read-only root",
        "cap_drop": "without capabilities",
        "security_opt": "without new privileges",
    }
    parts = [what[name] for name in missing]
    parts += [f"without the mounts {', '.join(mount.target for mount in mounts)}"] if mounts else []
    return f"the service runs {', '.join(parts)}" if parts else "the service checks its health anew"


def _evidence(mount: ComposeMount) -> Evidence:
    if mount.kind is MountKind.ANONYMOUS:
        message = f"{mount.target} only shielded the image from the mounted source"
    elif mount.target.endswith(".sock"):
        message = f"{mount.target} is root on the host, and nothing uses it"
    else:
        message = f"{mount.source} is mounted over the code of the image"
    return Evidence(kind="mount", message=message, origin=mount.origin)


def _missing(service: Service, *, read_only: bool) -> list[str]:
    """Restrictions that the service does not set; a process that needs root gets none of them."""
    found = [] if service.read_only or not read_only else ["read_only"]
    found += [] if service.cap_drop else ["cap_drop"]
    return [*found, *([] if service.security_opt else ["security_opt"])]


def _loose(service: Service, missing: list[str]) -> tuple[Evidence, ...]:
    if not missing:
        return ()
    message = f"the service does not set {', '.join(missing)}"
    return (Evidence(kind="compose", message=message, origin=service.origin),)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
