"""Let the compose services run the image, not the folder.

A source mount puts the developer's folder over what was built and tested; the mounted socket of the
engine makes the application root on the host. Production has neither. The root file system becomes
read-only with a temporary folder, capabilities are dropped, and no process can gain new privileges.
Every service that runs the image is treated alike: workers run it too.

Source: OWASP Docker Security Cheat Sheet, rules 1, 3, 4 and 8; docs.docker.com, "Compose file
reference", read_only, tmpfs, cap_drop, security_opt.

Safe: data volumes stay writable, and a folder that the source mount made writable becomes a named
volume. When the source may write anywhere in the folder of the code, the source mount is kept, the
root file system remains writable, and the report names the call. A process that remains root, and a
service that the file gives devices or privileges, keep their capabilities. The development compose
file keeps the source mount.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.formats.compose import ComposeMount, MountKind, Service
from jettison.lift.data_folders import filled_folders, made_folders
from jettison.lift.health_probe import python_check_of_service
from jettison.lift.scopes import Scope
from jettison.lift.stages import services_of
from jettison.lift.writes import CACHES, home_writers, is_shared, source_targets
from jettison.plan import Finding, Plan
from jettison.plan.changes import HardenService
from jettison.rules.rule import Rule
from jettison.values import Evidence, Origin, outwards


def leaving(plan: Plan, service: Service) -> tuple[ComposeMount, ...]:
    """Mounts that are source, a socket of an engine, or only shield folders from the source."""
    sources = () if plan.writing.unsure else source_targets(service, plan.project, plan.stage)
    known = table(Tools).container_clients
    sockets = frozenset(known.sockets)
    if any(name in plan.usage.imports for name in known.modules):
        sockets = frozenset()
    wanted = sockets.union(sources)
    return tuple(
        mount
        for mount in service.volumes
        if mount.target in wanted
        or (
            (sources and mount.kind is MountKind.ANONYMOUS)
            and mount.target not in known.sockets
            and posixpath.basename(mount.target) in CACHES
        )
    )


def _own(plan: Plan) -> frozenset[Origin]:
    """Where mounts that leave stand in a service of their own, not in a part that others refer to.

    A part of another service that changes too is written out first, and then shared no more.
    """
    return frozenset(
        mount.origin
        for service in services_of(plan.project)
        for mount in leaving(plan, service)
        if not is_shared(service, mount)
    )


# As many as nobody writes: each is an edit of the file.
MOST = 200
RESTRICTIONS = {
    "read_only": "with a read-only root",
    "cap_drop": "without capabilities",
    "security_opt": "without new privileges",
}


def detect(plan: Plan) -> Iterator[Finding]:
    """Find services that mount their source or a socket, or that may write everywhere."""
    leave = sum(len(leaving(plan, service)) for service in services_of(plan.project))
    if leave > MOST:
        message = f"{leave} mounts of source or of sockets remain: more than {MOST} are not edited"
        yield Finding.advice(message)
        return
    wanted = _volumes(plan)
    targets = [target for _, target in wanted]
    filled = filled_folders(plan.project, plan.stage, targets, made_folders(plan.original_stage))
    volumes = tuple((name, target) for name, target in wanted if target not in filled)
    open_to = {
        "a volume would keep the files of this image when a new one comes": tuple(filled.values()),
        "a volume for its home folder would protect the rest": (
            *home_writers(_kept(plan)),
            *_cached_by_uv(plan),
        ),
    }
    own = _own(plan)
    yield from (
        finding
        for service in services_of(plan.project)
        for finding in _findings(plan, service, volumes, open_to, own)
    )


def _findings(
    plan: Plan,
    service: Service,
    volumes: tuple[tuple[str, str], ...],
    open_to: Mapping[str, tuple[Evidence, ...]],
    own: frozenset[Origin],
) -> Iterator[Finding]:
    unsure = plan.writing.unsure
    rooted = plan.stage.runs_as_root and not service.user
    shared = [each for each in leaving(plan, service) if each.origin not in own]
    mounts = [each for each in leaving(plan, service) if each.origin in own]
    restricted = not (rooted or service.grants)
    read_only = not (plan.writing.anywhere or rooted or shared or any(open_to.values()))
    asked = python_check_of_service(service, plan.stage)
    checked = ("CMD", *asked) if asked else ()
    missing = () if rooted else _missing(service, read_only=read_only, restricted=restricted)
    if mounts or checked or missing:
        change = HardenService(
            service=service.name,
            mounts=tuple(mount.target for mount in mounts),
            health_check=checked,
            volumes=() if unsure else volumes,
            read_only=read_only,
            restricted=restricted,
        )
        message = _message(service, mounts, missing)
        yield Finding.of(
            message,
            (
                *(_evidence(mount) for mount in mounts),
                *_loose(service, missing),
                *_asked(service, checked),
            ),
            change,
        )
    yield from _to_copy(plan, service, mounts, volumes)
    if shared:
        targets = ", ".join(mount.target for mount in shared)
        message = (
            f"{service.name} keeps the mounts {targets}: they belong to a part that "
            "services share; take them out there"
        )
        yield Finding.advice(message, *(_evidence(mount) for mount in shared))
    if not unsure and not service.read_only:
        for reason, evidence in open_to.items():
            if evidence:
                message = f"{service.name} remains writable: {reason}"
                yield Finding.advice(message, *evidence)
    if unsure and not service.read_only:
        message = (
            f"{service.name} remains writable: it may write into the folder of its code; "
            "a volume for its data, or a variable that names its folder, would protect the rest"
        )
        yield Finding.advice(message, *unsure)


def _cached_by_uv(plan: Plan) -> Iterator[Evidence]:
    """Uv makes a cache in the home folder before it starts anything, if no variable names one."""
    if {"UV_NO_CACHE", "UV_CACHE_DIR"} & plan.stage.environment.keys():
        return
    own = (plan.stage.entrypoint, plan.stage.command)
    places = [one.origin for one in own if one and (one.words or ())[:1] == ("uv",)]
    uses = [use.origin for use in plan.usage.started.get("uv", ()) if use.origin]
    places += [each for each in uses if each.file != plan.project.dockerfile_path]
    for origin in places[:1]:
        yield Evidence.of("home", "uv, which starts it, keeps a cache in the home folder", origin)


def _kept(plan: Plan) -> frozenset[str]:
    """The distributions of the image, as far as they are known."""
    asked = (each.name for each in plan.requirements if each.scope is not Scope.DEVELOPMENT)
    return frozenset((*plan.distributions, *asked))


def _to_copy(
    plan: Plan, service: Service, mounts: list[ComposeMount], volumes: tuple[tuple[str, str], ...]
) -> Iterator[Finding]:
    """What lay in the mounted source and has to go into its volume once."""
    known = plan.project.compose.volumes if plan.project.compose else ()
    for mount in mounts:
        for name, target in volumes:
            if name not in known and target.startswith(f"{mount.target.rstrip('/')}/"):
                source = posixpath.join(mount.source, posixpath.relpath(target, mount.target))
                command = f"docker compose cp {source}/. {service.name}:{target}"
                message = f"what {source} holds goes into the volume {name} once: `{command}`"
                yield Finding.advice(message, _evidence(mount))


def _volumes(plan: Plan) -> tuple[tuple[str, str], ...]:
    """A volume for each writable folder, the same for every service; mounted ones keep theirs."""
    services = services_of(plan.project)
    compose = plan.project.compose
    if not services or compose is None:
        return ()
    mounted = {
        posixpath.normpath(mount.target): mount.source
        for service in services
        for mount in service.volumes
        if mount.kind is MountKind.VOLUME
    }
    bound = {
        posixpath.normpath(mount.target)
        for service in services
        for source in [source_targets(service, plan.project, plan.stage)]
        for mount in service.volumes
        if mount.kind in (MountKind.VOLUME, MountKind.BIND)
        and mount.target not in mounted
        and mount.target not in source
    }
    names = _Names(services[0].name, set(compose.volumes))
    found: dict[str, str] = {}
    for folder in plan.writing.folders:
        around = (*outwards(folder), "/")
        if not bound.isdisjoint(around) or not found.keys().isdisjoint(around[1:]):
            continue
        above = next((one for one in around if one in mounted), None)
        found[above or folder] = mounted[above] if above else names.new(folder)
    return tuple((name, target) for target, name in found.items())


class _Names:
    """Names for volumes that are not taken yet."""

    def __init__(self, service: str, taken: set[str]) -> None:
        self._service = service
        self._taken = taken
        self._last: dict[str, int] = {}

    def new(self, folder: str) -> str:
        base = f"{self._service}_{posixpath.basename(folder)}".replace("-", "_").replace(".", "_")
        number = self._last.get(base, 1)
        while (name := base if number == 1 else f"{base}_{number}") in self._taken:
            number += 1
        self._last[base] = number
        self._taken.add(name)
        return name


def _missing(service: Service, *, read_only: bool, restricted: bool) -> tuple[str, ...]:
    """The restrictions that the service does not have yet."""
    present = {
        "read_only": service.read_only or not read_only,
        "cap_drop": bool(service.cap_drop) or not restricted,
        "security_opt": not restricted
        or any(o.startswith("no-new-privileges") for o in service.security_opt),
    }
    return tuple(name for name, there in present.items() if not there)


def _message(service: Service, mounts: list[ComposeMount], missing: tuple[str, ...]) -> str:
    parts = [RESTRICTIONS[name] for name in missing]
    parts += [f"without the mounts {', '.join(mount.target for mount in mounts)}"] if mounts else []
    if not parts:
        return f"{service.name} checks health without a download tool"
    return f"{service.name} runs {', '.join(parts)}"


def _evidence(mount: ComposeMount) -> Evidence:
    if mount.kind is MountKind.ANONYMOUS:
        message = f"{mount.target} only shielded the image from the mounted source"
    elif mount.target.endswith(".sock"):
        message = f"{mount.target} is root on the host, and nothing uses it"
    else:
        message = f"{mount.source} is mounted over the code of the image"
    return Evidence.of("mount", message, mount.origin)


def _loose(service: Service, missing: tuple[str, ...]) -> tuple[Evidence, ...]:
    if not missing:
        return ()
    message = f"the service does not set {', '.join(missing)}"
    return (Evidence.of("compose", message, service.origin),)


def _asked(service: Service, checked: tuple[str, ...]) -> tuple[Evidence, ...]:
    if not checked or service.healthcheck is None:
        return ()
    message = "the health check uses a download tool; Python can send the same request"
    return (Evidence.of("health-check", message, service.healthcheck.origin),)


RULE = Rule(name="production-compose", level=1, documentation=__doc__, detect=detect)
