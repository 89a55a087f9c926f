"""A compose file for production: the image as built, with nothing of the host over it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from jettison.lower.reload import script_without_reload, without_reload
from jettison.project.compose import ComposeFile, Service, parse
from jettison.project.compose.changes import (
    AddToList,
    AddVolume,
    Change,
    RemoveMount,
    SetHealthCheck,
    SetKey,
)
from jettison.project.compose.edit import edit
from jettison.project.compose.purpose import shields

_READ_ONLY = "The image stays as it was built; what is written goes to the volumes and to /tmp"
_LEAST = "Serving needs no capability, and no way to gain one"


def production_compose(
    text: str,
    *,
    service: str,
    mounts_to_remove: Collection[str] = (),
    healthcheck_test: tuple[str, ...] = (),
    writable: tuple[str, ...] = (),
    restricted: bool = True,
    read_only: bool = True,
    file: str = "docker-compose.yml",
) -> str:
    """Return the compose file with one service made fit for production.

    ``mounts_to_remove`` are targets in the container; anonymous volumes below them, which only
    shield something from the mount, go with it. ``healthcheck_test`` starts with ``CMD`` or
    ``CMD-SHELL`` and replaces an existing test (empty: unchanged). ``writable`` are folders that
    get a named volume. Reload flags leave the service's command. Doing it twice changes nothing.
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
    changes += _volumes(read, found, writable)
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


def _volumes(read: ComposeFile, service: Service, folders: tuple[str, ...]) -> Iterator[Change]:
    taken = set(read.volumes)
    mounted = {posixpath.normpath(mount.target) for mount in service.volumes}
    for folder in folders:
        if posixpath.normpath(folder) in mounted:
            continue
        base = f"{service.name}_{posixpath.basename(folder)}".replace("-", "_")
        name = next(one for one in _numbered(base) if one not in taken)
        taken.add(name)
        yield AddToList(service=service.name, key="volumes", value=f"{name}:{folder}")
        yield AddVolume(name=name)


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}_{number}"
        number += 1


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
