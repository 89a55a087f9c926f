"""Compose files for production and for development, whose servers reload or do not."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping

from yaml.nodes import MappingNode

from jettison.ecosystems import TOOLS
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
from jettison.formats.shell import SHELLS
from jettison.formats.yaml_nodes import compose_nodes, entries
from jettison.lift import Project
from jettison.plan.changes import AddDevelopment, HardenService

COMPOSE = "docker-compose.dev.yml"

_READ_ONLY = "The image stays as it was built; what is written goes to the volumes and to /tmp"
_LEAST = "Serving needs no capability, and no way to gain one"
# What makes each server watch the source.
_FLAGS = {
    "uvicorn": "--reload",
    "gunicorn": "--reload",
    "hypercorn": "--reload",
    "granian": "--reload",
    "fastapi": "--reload",
    "litestar": "--reload",
    "quart": "--debug",
    "flask": "--debug",
}
# Subcommands that serve, for programs that do other things too.
_SERVES = {"fastapi": ("run",), "litestar": ("run",), "flask": ("run",), "quart": ("run",)}
_WITH_VALUE = (
    "--reload-dir", "--reload-include", "--reload-exclude", "--reload-delay", "--reload-engine",
    "--reload-extra-file"
)  # fmt: skip
# Reloading servers run one process.
_ALONE = ("uvicorn", "fastapi", "granian")
# Words that may stand before the program that serves.
_STARTERS = frozenset(
    {"exec", "env", "-m", "-u", "tini", "dumb-init", "--", "-g", "run", *TOOLS}
    | {"opentelemetry-instrument", "ddtrace-run", "newrelic-admin", "run-program"}
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SCRIPT_COMMAND = re.compile(r"[^;&|\n]+")
_WORD = re.compile(r"\S+")


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
    changes: list[Change] = [*_without_mounts(found, change.mounts), *_command(found, reload=False)]
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


def _command(service: Service, *, reload: bool, comment: str = "") -> Iterator[Change]:
    """Let the service's command reload or not, if it has one that does or can."""
    if service.command:
        written = service.command.written
        changed = (
            script_reloading(written, reload=reload)
            if isinstance(written, str)
            else reloading(written, reload=reload)
        )
        if changed != written:
            yield SetKey(service=service.name, key="command", value=changed, comment=comment)


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
    comment = "Starts again when the source changes"
    yield from _command(service, reload=True, comment=comment)
    if test and service.healthcheck:
        yield SetHealthCheck(service=service.name, test=test)


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


def script_reloading(script: str, *, reload: bool) -> str:
    """Return a shell script whose serving commands have a reload flag, or none."""
    return _SCRIPT_COMMAND.sub(lambda found: _script(found[0], reload=reload), script)


def reloading(words: tuple[str, ...], *, reload: bool) -> tuple[str, ...]:
    """Return a command that serves with a reload flag, or without one; others stay as they are.

    Words of a script in ``sh -c`` are changed too.
    """
    if not words:
        return words
    if _name(words[0]) in SHELLS and len(words) > 1:
        *before, script = words
        return (*before, script_reloading(script, reload=reload))
    server = _server(words)
    if server is None:
        return words
    if reload and _FLAGS[server] in words:
        return words
    bare = _without_flags(words, server)
    if not reload:
        return bare
    if server in _ALONE:
        bare = _without_options(bare, ("--workers",))
    return (*bare, _FLAGS[server])


def _script(command: str, *, reload: bool) -> str:
    """Change one command of a script; its quotes and spaces stay."""
    words = tuple(_WORD.findall(command))
    changed = reloading(words, reload=reload) if words and _name(words[0]) not in SHELLS else words
    if changed == words:
        return command
    start = len(command) - len(command.lstrip())
    end = command[len(command.rstrip()) :]
    return command[:start] + _joined(command.strip(), changed) + end


def _joined(command: str, words: tuple[str, ...]) -> str:
    """Join words as they were apart, when they only grew at the end."""
    old = tuple(_WORD.findall(command))
    if words[: len(old)] == old:
        return " ".join([command, *words[len(old) :]])
    return " ".join(words)


def _server(words: tuple[str, ...]) -> str | None:
    """Return the serving program of a command, also behind exec, env and python -m."""
    for index, word in enumerate(words):
        name = _name(word)
        if name in _FLAGS:
            needed = _SERVES.get(name)
            return name if needed is None or set(needed) & set(words[index + 1 :]) else None
        if not (name in _STARTERS or _ASSIGNMENT.match(word) or name.startswith("python")):
            return None
    return None


def _without_flags(words: tuple[str, ...], server: str) -> tuple[str, ...]:
    flag = _FLAGS[server]
    return _without_options(tuple(word for word in words if word != flag), _WITH_VALUE)


def _without_options(words: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without options and their values (``--x 1`` and ``--x=1``)."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in options:
            next(rest, None)
        elif not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return tuple(kept)


def _name(word: str) -> str:
    return word.rpartition("/")[2]
