"""The parts of a service: build, mounts, ports, health check and what it builds on."""

from __future__ import annotations

from yaml.nodes import MappingNode, Node, SequenceNode

from jettison.project.compose.fields import Fields
from jettison.project.compose.mounts import is_path, short_mount, short_port
from jettison.project.compose.values import (
    Build,
    ComposeHealthCheck,
    ComposeMount,
    Extends,
    MountKind,
    Port,
)
from jettison.project.yaml_nodes import origin_of

_KINDS = {kind.value: kind for kind in MountKind}


def build(fields: Fields) -> Build | None:
    """Return how the image is built, from a mapping or from the context alone."""
    node = fields.node("build")
    if node is None:
        return None
    origin = fields.origin("build")
    if not isinstance(node, MappingNode):
        return Build(
            context=fields.scalar(node, "build"),
            dockerfile=None,
            target=None,
            args=(),
            inline=None,
            origin=origin,
        )
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
        target=long.text("target") or long.text("destination") or "",
        readonly=long.flag("read_only"),
        origin=origin,
    )


def port(fields: Fields, node: Node) -> Port:
    """Return a port in its short or long form."""
    origin = origin_of(node, fields.file)
    if not isinstance(node, MappingNode):
        return short_port(fields.scalar(node, "ports"), origin)
    long = fields.inside(node, "ports")
    return Port(
        target=long.text("target") or "",
        published=long.text("published") or "",
        address=long.text("host_ip") or "",
        protocol=long.text("protocol") or "tcp",
        origin=origin,
    )


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
    retries = check.text("retries")
    return ComposeHealthCheck(
        test=test,
        variable=any("$" in written for written in check.written("test")),
        interval=check.text("interval"),
        timeout=check.text("timeout"),
        start_period=check.text("start_period"),
        retries=int(retries) if retries and retries.isdigit() else None,
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


def extends(fields: Fields) -> Extends | None:
    """Return the service that is extended."""
    node = fields.node("extends")
    if node is None:
        return None
    origin = fields.origin("extends")
    if not isinstance(node, MappingNode):
        return Extends(service=fields.scalar(node, "extends"), file="", origin=origin)
    named = fields.inside(node, "extends")
    return Extends(
        service=named.text("service") or "", file=named.text("file") or "", origin=origin
    )
