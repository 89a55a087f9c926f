"""Where else images of a registry are, as Docker and Podman are set up on this machine.

Sources: containers-registries.conf(5), and "registry-mirrors" of Docker's daemon.json.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jettison.errors import ImageError
from jettison.images.reference import DOCKER_HUB, Reference

_DAEMON = ("/etc/docker/daemon.json", "~/.config/docker/daemon.json")
_CONTAINERS = ("~/.config/containers/registries.conf", "/etc/containers/registries.conf")


def places(reference: Reference, variables: Mapping[str, str]) -> tuple[Reference, ...]:
    """Give where to ask for an image, in order: mirrors first, the registry itself last."""
    name = f"{reference.registry}/{reference.repository}"
    suffix = str(reference).removeprefix(name)
    found = dict.fromkeys((*_of_podman(name, variables), *_of_docker(name), name))
    return tuple(_read(f"{one}{suffix}" for one in found))


def _read(names: Iterator[str]) -> Iterator[Reference]:
    for name in names:
        try:
            yield Reference.parse(name)
        except ImageError:
            # A setting that names nothing is no mirror.
            continue


def _of_docker(name: str) -> Iterator[str]:
    registry, _, rest = name.partition("/")
    if registry != DOCKER_HUB:
        return
    for path in _DAEMON:
        for mirror in _listed(_json(path), "registry-mirrors"):
            host = str(mirror).partition("://")[2].strip("/")
            if host:
                yield f"{host}/{rest}"


def _of_podman(name: str, variables: Mapping[str, str]) -> Iterator[str]:
    named = variables.get("CONTAINERS_REGISTRIES_CONF", "")
    for path in [named] if named else _CONTAINERS:
        document = _toml(path)
        if not document:
            continue
        tables = [one for one in _listed(document, "registry") if isinstance(one, dict)]
        fitting = [(prefix, one) for one in tables if _holds(prefix := _prefix(one), name)]
        if fitting:
            prefix, table = max(fitting, key=lambda pair: len(pair[0]))
            rest = name.removeprefix(prefix)
            mirrors = [one for one in _listed(table, "mirror") if isinstance(one, dict)]
            for one in (*mirrors, table):
                if location := one.get("location", ""):
                    yield f"{location}{rest}"
        # The first file is the whole of it.
        return


def _prefix(table: dict[str, Any]) -> str:
    return str(table.get("prefix") or table.get("location") or "")


def _holds(prefix: str, name: str) -> bool:
    return bool(prefix) and (name == prefix or name.startswith(f"{prefix}/"))


def _listed(document: object, key: str) -> list[Any]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def _json(path: str) -> object:
    try:
        return json.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return None


def _toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
