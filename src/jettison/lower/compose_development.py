"""A compose file for development that stands beside the one for production."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from yaml.nodes import MappingNode

from jettison.lower.reload import script_with_reload, with_reload
from jettison.project.compose import ComposeFile, Service, edit, parse
from jettison.project.compose.changes import (
    AddMount,
    Change,
    RemoveKey,
    RemoveMount,
    RenameContainer,
    SetBuild,
    SetHealthCheck,
    SetKey,
    SetTopLevel,
)
from jettison.project.compose.purpose import socket_mounts
from jettison.project.yaml_nodes import compose_nodes, entries

_SUFFIX = "-dev"


def development_compose(
    text: str,
    *,
    service: str,
    project: str,
    command: tuple[str, ...] = (),
    source_mount: str = "",
    healthcheck_test: tuple[str, ...] = (),
    dockerfile: str = "Dockerfile.dev",
    file: str = "docker-compose.dev.yml",
) -> str:
    """Return a complete compose file for development, from the project's original one.

    ``project`` is the project's compose name (its folder's when the file gives none): the
    development containers, volumes and networks get names of their own, so that both files can be
    up side by side. The service's command gets a reload flag; ``command`` is the image's, for a
    service that sets none (empty: not known). ``source_mount`` is the mount of the source
    (``./app:/app``, added unless something is mounted there) and ``dockerfile`` relative to the
    build context. Services built from the same Dockerfile are built from the development one too.
    Engine sockets are not mounted.
    Raises as ``edit`` does.
    """
    read = parse(text, file=file)
    changes: list[Change] = [SetTopLevel(path=("name",), value=f"{read.name or project}{_SUFFIX}")]
    changes += [
        RenameContainer(service=one.name, name=f"{one.container_name}{_SUFFIX}")
        for one in read.services
        if one.container_name
    ]
    changes += _own_names(text, file)
    for one in _built_alike(read, service):
        changes += _built_for_development(one, dockerfile)
    found = read.service(service)
    if found is not None:
        changes += _serving(found, command, source_mount, healthcheck_test)
    header = f"# Development: docker-compose -f {posixpath.basename(file)} up --build\n\n"
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
    yield SetBuild(service=service.name, dockerfile=dockerfile, keep_target=False)
    if service.image:
        yield SetKey(service=service.name, key="image", value=f"{service.image}{_SUFFIX}")
    if service.read_only:
        yield RemoveKey(service=service.name, key="read_only")
    for mount in socket_mounts(service):
        yield RemoveMount(service=service.name, target=mount.target)


def _serving(
    service: Service, command: tuple[str, ...], source_mount: str, test: tuple[str, ...]
) -> Iterator[Change]:
    target = source_mount.rpartition(":")[2]
    mounted = {posixpath.normpath(mount.target) for mount in service.volumes}
    if source_mount and posixpath.normpath(target) not in mounted:
        yield AddMount(
            service=service.name,
            mount=source_mount,
            comment="Source code, so that changes show without a rebuild",
        )
    yield from _reloading(service, command)
    if test and service.healthcheck:
        yield SetHealthCheck(service=service.name, test=test)


def _reloading(service: Service, command: tuple[str, ...]) -> Iterator[Change]:
    literal = tuple(word.replace("$", "$$") for word in command)
    written = service.command.written if service.command else literal
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
