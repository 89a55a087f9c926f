"""Compose files for production and for development."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping

from yaml.nodes import MappingNode

from jettison.formats.compose import ComposeFile, Service, edit, parse
from jettison.formats.compose.fields import shields, socket_mounts
from jettison.formats.compose.services import (
    AddToList,
    AddVolume,
    Change,
    RemoveKey,
    RemoveMount,
    SetBuild,
    SetHealthCheck,
    SetKey,
    SetTopLevel,
)
from jettison.formats.yaml_nodes import compose_nodes, entries
from jettison.lift import Project
from jettison.lower.reload import (
    script_with_reload,
    script_without_reload,
    with_reload,
    without_reload,
)
from jettison.plan.changes import AddDevelopment, HardenService

COMPOSE = "docker-compose.dev.yml"

_READ_ONLY = "The image stays as it was built; what is written goes to the volumes and to /tmp"
_LEAST = "Serving needs no capability, and no way to gain one"


def production_compose(text: str, change: HardenService, file: str) -> str:
    """Return the compose file with one service made fit for production.

    Anonymous volumes below the mounts that leave, which only shield something from the mount, go
    with it. Volumes are added where nothing is mounted. Reload flags leave the service's command.
    Doing it twice changes nothing.
    Raises InputSyntaxError for a bad file and UnsupportedError for a service that is not there or
    cannot be edited.
    """
    name = change.service
    found = parse(text, file=file).service(name)
    if found is None:
        return edit(text, [SetKey(service=name, key="read_only", value=True)], file=file)
    changes: list[Change] = [*_without_mounts(found, change.mounts), *_command(found)]
    if change.health_check and found.healthcheck:
        changes.append(SetHealthCheck(service=name, test=change.health_check))
    changes += _volumes(found, change.volumes)
    changes += _fixed(found) if change.read_only else []
    changes += _restrictions(found) if change.restricted else []
    return edit(text, changes, file=file)


def _without_mounts(service: Service, targets: Collection[str]) -> Iterator[Change]:
    wanted = {posixpath.normpath(target) for target in targets}
    gone = [one for one in service.volumes if posixpath.normpath(one.target) in wanted]
    for mount in [*gone, *shields(service, gone)]:
        yield RemoveMount(service=service.name, target=mount.target)


def _command(service: Service) -> Iterator[Change]:
    if service.command is None:
        return
    written = service.command.written
    changed = (
        script_without_reload(written) if isinstance(written, str) else (without_reload(written))
    )
    if changed != written:
        yield SetKey(service=service.name, key="command", value=changed)


def _volumes(service: Service, volumes: tuple[tuple[str, str], ...]) -> Iterator[Change]:
    mounted = {posixpath.normpath(mount.target) for mount in service.volumes}
    for name, target in volumes:
        if posixpath.normpath(target) not in mounted:
            yield AddToList(service=service.name, key="volumes", value=f"{name}:{target}")
            yield AddVolume(name=name)


def _fixed(service: Service) -> Iterator[Change]:
    yield SetKey(service=service.name, key="read_only", value=True, comment=_READ_ONLY)
    if not any(path.split(":")[0] == "/tmp" for path in service.tmpfs):  # noqa: S108  a path in the container
        yield AddToList(service=service.name, key="tmpfs", value="/tmp")  # noqa: S108  a path in the container


def _restrictions(service: Service) -> Iterator[Change]:
    name = service.name
    if not service.cap_drop:
        yield SetKey(service=name, key="cap_drop", value=("ALL",), comment=_LEAST)
    if not any(option.startswith("no-new-privileges") for option in service.security_opt):
        yield AddToList(service=name, key="security_opt", value="no-new-privileges:true")


def harden_service(project: Project, change: HardenService) -> Mapping[str, str]:
    """Give the compose file with the service changed; every other line stays."""
    path = project.compose_path
    return {path: production_compose(project.texts[path], change, path)} if path else {}


_SUFFIX = "-dev"


def development_compose(
    change: AddDevelopment, *, service: str, project: str, dockerfile: str
) -> str:
    """Return a complete compose file for development, from the project's original one.

    ``project`` is the project's compose name (its folder's when the file gives none): the
    development containers, volumes and networks get names of their own, so that both files can be
    up side by side. The service's command gets a reload flag. The source is mounted unless
    something is mounted there; ``dockerfile`` is relative to the build context. Services built
    from the same Dockerfile are built from the development one too. Engine sockets are not
    mounted.
    Raises as ``edit`` does.
    """
    text, file = change.compose, COMPOSE
    read = parse(text, file=file)
    changes: list[Change] = [SetTopLevel(path=("name",), value=f"{read.name or project}{_SUFFIX}")]
    changes += [
        SetKey(service=one.name, key="container_name", value=f"{one.container_name}{_SUFFIX}")
        for one in read.services
        if one.container_name
    ]
    changes += _own_names(text, file)
    for one in _built_alike(read, service):
        changes += _built_for_development(one, dockerfile)
    images = {one.image for one in _built_alike(read, service) if one.image}
    changes += [
        SetKey(service=one.name, key="image", value=f"{one.image}{_SUFFIX}")
        for one in read.services
        if one.image in images and not one.build
    ]
    found = read.service(service)
    if found is not None:
        changes += _serving(found, change.source_mount, change.health_check)
    header = f"# Development: docker-compose -f {file} up --build\n\n"
    return header + edit(text, changes, file=file)


def _built_alike(read: ComposeFile, name: str) -> list[Service]:
    """Return the services that are built from the same Dockerfile, the named one among them."""
    found = read.service(name)
    if found is None or found.build is None:
        return []
    wanted = (posixpath.normpath(found.build.context), found.build.dockerfile or "Dockerfile")
    return [
        one
        for one in read.services
        if one.build
        and (posixpath.normpath(one.build.context), one.build.dockerfile or "Dockerfile") == wanted
    ]


def _built_for_development(service: Service, dockerfile: str) -> Iterator[Change]:
    yield SetBuild(service=service.name, dockerfile=dockerfile)
    if service.image:
        yield SetKey(service=service.name, key="image", value=f"{service.image}{_SUFFIX}")
    if service.read_only:
        yield RemoveKey(service=service.name, key="read_only")
    for mount in socket_mounts(service):
        yield RemoveMount(service=service.name, target=mount.target)


def _serving(service: Service, source_mount: str, test: tuple[str, ...]) -> Iterator[Change]:
    target = source_mount.rpartition(":")[2]
    mounted = {posixpath.normpath(mount.target) for mount in service.volumes}
    if source_mount and posixpath.normpath(target) not in mounted:
        comment = "Source code, so that changes show without a rebuild"
        yield AddToList(
            service=service.name, key="volumes", value=source_mount, comment=comment, first=True
        )
    yield from _reloading(service)
    if test and service.healthcheck:
        yield SetHealthCheck(service=service.name, test=test)


def _reloading(service: Service) -> Iterator[Change]:
    written = service.command.written if service.command else ()
    changed = script_with_reload(written) if isinstance(written, str) else with_reload(written)
    if changed != written:
        comment = "Starts again when the source changes"
        yield SetKey(service=service.name, key="command", value=changed, comment=comment)


def _own_names(text: str, file: str) -> Iterator[Change]:
    """Networks and volumes with a fixed name are not shared with production."""
    root = entries(compose_nodes(text, file), file)
    for section in ("networks", "volumes"):
        node = root[section].value if section in root else None
        if not isinstance(node, MappingNode):
            continue
        for key, entry in entries(node, file).items():
            if not isinstance(entry.value, MappingNode):
                continue
            parts = entries(entry.value, file)
            if "name" in parts and "external" not in parts:
                value = f"{parts['name'].value.value}{_SUFFIX}"
                yield SetTopLevel(path=(section, key, "name"), value=value)
