"""A compose file for production: the image as built, with nothing of the host over it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from jettison.lower.reload import script_without_reload, without_reload
from jettison.project.compose import Service, edit, parse
from jettison.project.compose.changes import (
    AddToList,
    AddVolume,
    Change,
    RemoveMount,
    SetHealthCheck,
    SetKey,
)
from jettison.project.compose.purpose import shields

_READ_ONLY = "The image stays as it was built; what is written goes to the volumes and to /tmp"
_LEAST = "Serving needs no capability, and no way to gain one"


def production_compose(
    text: str,
    *,
    service: str,
    mounts_to_remove: Collection[str] = (),
    healthcheck_test: tuple[str, ...] = (),
    volumes: tuple[tuple[str, str], ...] = (),
    read_only: bool = True,
    restricted: bool = True,
    file: str = "docker-compose.yml",
) -> str:
    """Return the compose file with one service made fit for production.

    ``mounts_to_remove`` are targets in the container; anonymous volumes below them, which only
    shield something from the mount, go with it. ``healthcheck_test`` starts with ``CMD`` or
    ``CMD-SHELL`` and replaces an existing test (empty: unchanged). ``volumes`` are named volumes
    with their targets, added where nothing is mounted. Reload flags leave the service's command.
    Doing it twice changes nothing.
    Raises InputSyntaxError for a bad file and UnsupportedError for a service that is not there or
    cannot be edited.
    """
    read = parse(text, file=file)
    found = read.service(service)
    if found is None:
        return edit(text, [SetKey(service=service, key="read_only", value=True)], file=file)
    changes: list[Change] = [*_without_mounts(found, mounts_to_remove)]
    changes += _command(found)
    if healthcheck_test and found.healthcheck:
        changes.append(SetHealthCheck(service=service, test=healthcheck_test))
    changes += _volumes(found, volumes)
    changes += _fixed(found) if read_only else []
    changes += _restrictions(found) if restricted else []
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
