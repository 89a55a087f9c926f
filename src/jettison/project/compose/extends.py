"""Services that extend another of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import fields, replace

from jettison.project.compose.values import Service
from jettison.project.variables import Variable

_OWN = frozenset({"name", "origin", "origins", "extends", "depends_on", "profiles"})


def extend(services: Sequence[Service]) -> tuple[Service, ...]:
    """Fill in what each service takes from the one it extends.

    Single values are replaced, variables and mounts by name and target, other lists are joined. A
    service of another file, an unknown one, or a cycle leaves the service as it is written.
    """
    by_name = {service.name: service for service in services}
    return tuple(_resolved(service, by_name, ()) for service in services)


def _resolved(service: Service, by_name: dict[str, Service], extending: tuple[str, ...]) -> Service:
    if service.extends is None or service.extends.file:
        return service
    base = by_name.get(service.extends.service)
    if base is None or base.name in (*extending, service.name):
        return service
    base = _resolved(base, by_name, (*extending, service.name))
    changes: dict[str, Any] = {
        field.name: _joined(getattr(base, field.name), getattr(service, field.name))
        for field in fields(service)
        if field.name not in _OWN
    }
    own = {key for key, _ in service.origins}
    inherited = tuple(pair for pair in base.origins if pair[0] not in own)
    return replace(service, **changes, origins=(*service.origins, *inherited))


def _joined(base: object, own: object) -> object:
    if isinstance(base, tuple) and isinstance(own, tuple):
        taken = {_key(one) for one in own}
        return (*(one for one in base if _key(one) not in taken), *own)
    return own or base


def _key(one: object) -> object:
    return one.name if isinstance(one, Variable) else getattr(one, "target", one)
