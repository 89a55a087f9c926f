"""Text of a compose file to its services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, SequenceNode

from jettison.errors import InputSyntaxError
from jettison.formats.compose.fields import Fields, folder, is_path, short_mount, short_port
from jettison.formats.compose.services import (
    Build,
    ComposeFile,
    ComposeHealthCheck,
    ComposeMount,
    Extends,
    MountKind,
    Port,
    Service,
)
from jettison.formats.dotenv import Variable
from jettison.formats.yaml_nodes import compose_nodes, entries, is_null, origin_of
from jettison.values import Origin, replace

_DEEPEST = 50
_MOST_SERVICES = 100
_GRANTS = ("cap_add", "devices", "device_cgroup_rules", "pid")
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
    if len(extending) > _DEEPEST:
        raise InputSyntaxError(
            f"the service {extending[0]} extends more than {_DEEPEST} others in a row",
            hint="Write what they share once.",
            origin=service.origin,
        )
    base = _resolved(base, by_name, (*extending, service.name))
    changes: dict[str, Any] = {
        name: _joined(getattr(base, name), getattr(service, name))
        for name in service.__struct_fields__
        if name not in _OWN
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


_KINDS = {kind.value: kind for kind in MountKind}


def build(fields: Fields) -> Build | None:
    """Return how the image is built, from a mapping or from the context alone."""
    node = fields.node("build")
    if node is None:
        return None
    origin = fields.origin("build")
    if not isinstance(node, MappingNode):
        return Build(context=fields.scalar(node, "build"), origin=origin)
    inner = fields.inside(node, "build")
    return Build(
        context=inner.text("context") or ".",
        dockerfile=inner.text("dockerfile"),
        target=inner.text("target"),
        args=inner.variables("args"),
        inline=inner.text("dockerfile_inline"),
        origin=origin,
    )


def mount(fields: Fields, node: Node) -> ComposeMount:
    """Return a mount in its short or long form."""
    origin = origin_of(node, fields.file)
    if not isinstance(node, MappingNode):
        return short_mount(fields.scalar(node, "volumes"), origin)
    long = fields.inside(node, "volumes")
    source = long.text("source") or long.text("src") or ""
    kind = long.text("type") or (MountKind.BIND if is_path(source) else MountKind.VOLUME)
    if kind == MountKind.VOLUME and not source:
        kind = MountKind.ANONYMOUS
    return ComposeMount(
        kind=_KINDS.get(kind, MountKind.BIND),
        source=source,
        target=folder(long.text("target") or long.text("destination") or ""),
        readonly=long.flag("read_only"),
        origin=origin,
    )


def granted(fields: Fields) -> tuple[str, ...]:
    """Return the keys with which the service gets more of the host than others."""
    lists = tuple(key for key in _GRANTS if fields.node(key) is not None)
    return ("privileged", *lists) if fields.flag("privileged") else lists


def port(fields: Fields, node: Node) -> Port:
    """Return a port in its short or long form."""
    if not isinstance(node, MappingNode):
        return short_port(fields.scalar(node, "ports"))
    long = fields.inside(node, "ports")
    return Port(target=long.text("target") or "", protocol=long.text("protocol") or "tcp")


def env_files(fields: Fields) -> tuple[str, ...]:
    """Return the paths of the environment files."""
    node = fields.node("env_file")
    if not isinstance(node, SequenceNode):
        return fields.words("env_file")
    return tuple(
        fields.inside(child, "env_file").text("path") or ""
        if isinstance(child, MappingNode)
        else fields.scalar(child, "env_file")
        for child in fields.nodes("env_file")
    )


def health_check(fields: Fields) -> ComposeHealthCheck | None:
    """Return the health check."""
    check = fields.mapping("healthcheck")
    if check is None:
        return None
    test = check.words("test")
    if test and not isinstance(check.node("test"), SequenceNode):
        test = ("CMD-SHELL", *test)
    return ComposeHealthCheck(
        test=test,
        variable=any("$" in written for written in check.written("test")),
        disable=check.flag("disable") or test == ("NONE",),
        origin=fields.origin("healthcheck"),
    )


def names(fields: Fields, key: str) -> tuple[str, ...]:
    """Return names from a list, or the keys of a mapping."""
    node = fields.node(key)
    return (
        tuple(fields.inside(node, key).found)
        if isinstance(node, MappingNode)
        else (fields.words(key))
    )


def linked(fields: Fields) -> Iterator[str]:
    """The services of ``links``, by which older files say what a service depends on."""
    yield from (word.partition(":")[0] for word in fields.words("links"))


def extends(fields: Fields) -> Extends | None:
    """Return the service that is extended."""
    node = fields.node("extends")
    if node is None:
        return None
    if not isinstance(node, MappingNode):
        return Extends(service=fields.scalar(node, "extends"))
    named = fields.inside(node, "extends")
    return Extends(service=named.text("service") or "", file=named.text("file") or "")


def parse(text: str, *, file: str, env: Mapping[str, str] | None = None) -> ComposeFile:
    """Read a compose file; ``file`` is its path relative to the project root.

    Variables are filled in from ``env`` (the environment file beside the compose file, say) and
    their defaults; one without either stays as written. Raises InputSyntaxError with the line for
    bad YAML, a wrong shape, or a file without services.
    """
    root = Fields(found=entries(compose_nodes(text, file), file), path="", file=file, env=env or {})
    listed = root.mapping("services")
    if listed is None:
        raise InputSyntaxError(
            "no services in the compose file",
            why="a compose file lists what it runs under the key services",
            hint="Name another file, or add the service.",
            origin=Origin(file=file),
        )
    if len(listed.found) > _MOST_SERVICES:
        raise InputSyntaxError(
            f"the compose file has {len(listed.found)} services",
            why=f"more than {_MOST_SERVICES} are not read",
            hint="Divide the file, and name the one that builds the image.",
            origin=listed.origin(next(iter(listed.found))),
        )
    services = [
        _service(name, _service_fields(listed, name), listed.origin(name)) for name in listed.found
    ]
    volumes = root.mapping("volumes")
    return ComposeFile(
        file=file,
        name=root.text("name"),
        services=extend(services),
        volumes=tuple(volumes.found) if volumes else (),
    )


def _service_fields(listed: Fields, name: str) -> Fields:
    node = listed.found[name].value
    if is_null(node):
        return Fields(found={}, path=f"services.{name}", file=listed.file, env=listed.env)
    return listed.inside(node, name)


def _service(name: str, fields: Fields, origin: Origin) -> Service:
    return Service(
        name=name,
        build=build(fields),
        image=fields.text("image"),
        container_name=fields.text("container_name"),
        command=fields.command("command"),
        entrypoint=fields.command("entrypoint"),
        environment=fields.variables("environment"),
        env_file=env_files(fields),
        ports=tuple(port(fields, node) for node in fields.nodes("ports")),
        expose=fields.words("expose"),
        volumes=tuple(mount(fields, node) for node in fields.nodes("volumes")),
        healthcheck=health_check(fields),
        depends_on=tuple(dict.fromkeys((*names(fields, "depends_on"), *linked(fields)))),
        user=fields.text("user"),
        working_dir=fields.text("working_dir"),
        read_only=fields.flag("read_only"),
        tmpfs=fields.words("tmpfs"),
        cap_drop=fields.words("cap_drop"),
        security_opt=fields.words("security_opt"),
        grants=granted(fields),
        profiles=fields.words("profiles"),
        extends=extends(fields),
        origin=origin,
        origins=tuple((key, fields.origin(key)) for key in fields.found),
    )
