"""Nodes to plain values, with variables filled in and shapes checked."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jettison.errors import InputSyntaxError
from jettison.formats.compose.services import ComposeCommand, ComposeMount, MountKind, Port, Service
from jettison.formats.dotenv import Variable, interpolate
from jettison.formats.yaml_nodes import Entry, entries, is_empty, is_null, origin_of, wrong_shape
from jettison.values import TRUE, Origin, is_within


class Fields(Struct, frozen=True, kw_only=True):
    """The keys of one mapping; ``path`` names it in errors, ``env`` fills its variables.

    Absent keys and null values read as None or empty. Methods raise InputSyntaxError when a value
    has another shape.
    """

    found: Mapping[str, Entry]
    path: str
    file: str
    env: Mapping[str, str]

    def node(self, key: str) -> Node | None:
        """Return the value of ``key``, None when absent or null."""
        entry = self.found.get(key)
        return None if entry is None or is_null(entry.value) else entry.value

    def origin(self, key: str) -> Origin:
        """Where ``key`` and its value stand."""
        entry = self.found[key]
        own = origin_of(entry.key, self.file)
        value = own if is_empty(entry.value) else origin_of(entry.value, self.file)
        if value.at < own.at:
            return value  # an alias: the fact is at its anchor
        return Origin(file=self.file, line=own.line, end_line=value.end_line)

    def text(self, key: str) -> str | None:
        """Return a scalar."""
        node = self.node(key)
        return None if node is None else self.scalar(node, key)

    def flag(self, key: str) -> bool:
        """Return a boolean; absent is false."""
        return (self.text(key) or "").lower() in TRUE

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of scalars; one scalar is a list of one."""
        node = self.node(key)
        if node is None:
            return ()
        if isinstance(node, SequenceNode):
            return tuple(self.scalar(child, key) for child in node.value)
        return (self.scalar(node, key),)

    def nodes(self, key: str) -> list[Node]:
        """Return the members of a list."""
        node = self.node(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            wrong_shape(f"{self.path}.{key}", "a list", origin_of(node, self.file))
        return list(node.value)

    def mapping(self, key: str) -> Fields | None:
        """Return the fields of a mapping."""
        node = self.node(key)
        return None if node is None else self.inside(node, key)

    def inside(self, node: Node, key: str) -> Fields:
        """Return the fields of a node that has to be a mapping."""
        path = f"{self.path}.{key}".lstrip(".")
        if not isinstance(node, MappingNode):
            wrong_shape(path, "a mapping", origin_of(node, self.file))
        return Fields(found=entries(node, self.file), path=path, file=self.file, env=self.env)

    def command(self, key: str) -> ComposeCommand | None:
        """Return a command, from a list or from text that is split like shell words."""
        node = self.node(key)
        if node is None:
            return None
        origin = self.origin(key)
        if isinstance(node, SequenceNode):
            members = tuple(str(member.value) for member in node.value)
            return ComposeCommand(words=self.words(key), written=members, origin=origin)
        try:
            words = tuple(shlex.split(self.scalar(node, key)))
        except ValueError as error:
            wrong_shape(f"{self.path}.{key}", f"a command ({error})", origin)
        return ComposeCommand(words=words, written=str(node.value).strip(), origin=origin)

    def variables(self, key: str) -> tuple[Variable, ...]:
        """Return variables, from a mapping or from a list of ``NAME=value``."""
        node = self.node(key)
        if node is None:
            return ()
        if isinstance(node, SequenceNode):
            return tuple(self._assignment(child, key) for child in node.value)
        fields = self.inside(node, key)
        return tuple(
            Variable(name=name, value=fields.text(name), origin=fields.origin(name))
            for name in fields.found
        )

    def _assignment(self, node: Node, key: str) -> Variable:
        name, equals, value = self.scalar(node, key).partition("=")
        origin = origin_of(node, self.file)
        return Variable(name=name, value=value if equals else None, origin=origin)

    def written(self, key: str) -> tuple[str, ...]:
        """Return the scalars of a text or list as they are in the file."""
        node = self.node(key)
        nodes = node.value if isinstance(node, SequenceNode) else (node,)
        return tuple(str(each.value) for each in nodes if isinstance(each, ScalarNode))

    def scalar(self, node: Node, key: str) -> str:
        """Return a scalar node's text with variables filled in; unknown ones stay as written."""
        if not isinstance(node, ScalarNode):
            wrong_shape(f"{self.path}.{key}".lstrip("."), "text", origin_of(node, self.file))
        return interpolate(str(node.value), self.env, keep_unset=True)


# No path is longer.
_LONGEST = 4096
_PARTS = re.compile(r"(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def short_mount(written: str, origin: Origin) -> ComposeMount:
    """Read ``[SOURCE:]TARGET[:MODE]``."""
    drive = ""
    if _DRIVE.match(written):
        drive, written = written[:2], written[2:]
    if len(written) > _LONGEST:
        raise InputSyntaxError(
            f"a mount has more than {_LONGEST:,} characters", hint="Shorten it.", origin=origin
        )
    parts = _PARTS.findall(written)
    if len(parts) <= 1:
        kind, source, target, mode = MountKind.ANONYMOUS, "", written, ""
    else:
        source, target, *modes = [drive + parts[0], *parts[1:]]
        kind = MountKind.BIND if is_path(source) else MountKind.VOLUME
        mode = ",".join(modes)
    readonly = "ro" in mode.split(",")
    return ComposeMount(
        kind=kind, source=source, target=folder(target), readonly=readonly, origin=origin
    )


def folder(target: str) -> str:
    """Give a folder of a container without the slash that some are written with at their end."""
    return posixpath.normpath(target) if target.startswith("/") else target


def is_path(source: str) -> bool:
    """Whether a mount's source is a path rather than the name of a volume."""
    return source.startswith((".", "/", "~", "$")) or bool(_DRIVE.match(source))


def short_port(written: str) -> Port:
    """Read ``[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]``."""
    numbers, _, protocol = written.partition("/")
    parts = _PARTS.findall(numbers[:_LONGEST]) or [numbers]
    return Port(target=parts[-1], protocol=protocol or "tcp")


_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")


def socket_mounts(service: Service) -> Iterator[ComposeMount]:
    """Yield the mounts of a container engine's socket."""
    for mount in service.volumes:
        if mount.kind is MountKind.BIND and posixpath.basename(mount.source) in _SOCKETS:
            yield mount


def shields(service: Service, gone: Collection[ComposeMount]) -> Iterator[ComposeMount]:
    """Yield the anonymous volumes that only keep something out of a mount that goes."""
    for mount in service.volumes:
        inside = (is_within(folder(mount.target), folder(over.target)) for over in gone)
        if mount.kind is MountKind.ANONYMOUS and any(inside):
            yield mount
