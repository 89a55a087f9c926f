"""Adding members to the lists of a service and taking mounts out of them."""

from __future__ import annotations

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jettison.project.compose.mapping_edit import with_entry, without_entry, without_lines
from jettison.project.compose.mounts import short_mount
from jettison.project.compose.shared import detached
from jettison.project.compose.source import Source, indent_of
from jettison.project.compose.write import comment_lines, quoted, scalar
from jettison.project.variables import interpolate
from jettison.project.yaml_nodes import entries
from jettison.values import Origin


def without_mount(old: Source, service: str, target: str) -> str:
    """Take the mounts on ``target`` out of a service."""
    found = old.keys(service).get("volumes")
    if found is None or not isinstance(found.value, SequenceNode):
        return old.text
    if all(mount_target(member, old.file) != target.rstrip("/") for member in found.value.value):
        return old.text
    old = detached(old, service, "volumes")
    mapping = old.service(service)
    members = list(entries(mapping, old.file)["volumes"].value.value)
    gone = [one for one in members if mount_target(one, old.file) == target.rstrip("/")]
    if len(gone) == len(members):
        return without_entry(old, mapping, "volumes")
    return _without_member(old, members, gone[0])


def with_member(
    old: Source, service: str, key: str, value: str, comment: str, *, first: bool = False
) -> str:
    """Add a member to a list, at its end or as the first; a scalar becomes a list."""
    found = old.keys(service).get(key)
    if found is None:
        return with_entry(old, old.service(service), key, (value,), comment)
    if _has(found.value, value):
        return old.text
    old = detached(old, service, key)
    mapping = old.service(service)
    node = entries(mapping, old.file)[key].value
    if not isinstance(node, SequenceNode) or not node.value:
        members = (str(node.value),) if isinstance(node, ScalarNode) and node.value else ()
        return with_entry(old, mapping, key, (*members, value), comment)
    if node.flow_style:
        return _with_flow_member(old, node, value, first=first)
    return _with_block_member(old, node, value, comment, first=first)


def mount_target(member: Node, file: str) -> str:
    """Return the folder in the container that a member of ``volumes`` mounts on."""
    if isinstance(member, MappingNode):
        found = entries(member, file)
        target = found.get("target") or found.get("destination")
        written = str(target.value.value) if target else ""
        return interpolate(written, {}, keep_unset=True).rstrip("/")
    written = interpolate(str(member.value), {}, keep_unset=True)
    return short_mount(written, Origin(file=file)).target.rstrip("/")


def _has(node: Node, value: str) -> bool:
    members = node.value if isinstance(node, SequenceNode) else [node]
    return any(isinstance(one, ScalarNode) and str(one.value) == value for one in members)


def _like(neighbour: Node, value: str) -> str:
    """Write a member in its neighbour's quotes."""
    if isinstance(neighbour, ScalarNode) and neighbour.style == '"':
        return quoted(value)
    return scalar(value)


def _without_member(old: Source, members: list[Node], member: Node) -> str:
    first, last = old.span(member, member)
    neighbours = [one for one in members if one is not member]
    alone = all(
        one.end_mark.line < first or one.start_mark.line > last for one in neighbours
    ) and old.lines[first].lstrip().startswith("-")
    if alone:
        return without_lines(old, first, last)
    return _without_flow_member(old, members, member)


def _without_flow_member(old: Source, members: list[Node], member: Node) -> str:
    """Take a member out of ``[a, b]`` together with the comma that parted it."""
    index = members.index(member)
    start, end = member.start_mark, member.end_mark
    if index + 1 < len(members):
        end = members[index + 1].start_mark
    else:
        start = members[index - 1].end_mark
    head = old.lines[start.line][: start.column]
    tail = old.lines[end.line][end.column :]
    return old.replaced(start.line, end.line + 1, [head + tail])


def _with_flow_member(old: Source, node: SequenceNode, value: str, *, first: bool) -> str:
    mark = node.value[0].start_mark if first else node.value[-1].end_mark
    line = old.lines[mark.line]
    written = _like(node.value[0], value)
    new = f"{written}, " if first else f", {written}"
    return old.replaced(mark.line, mark.line + 1, [line[: mark.column] + new + line[mark.column :]])


def _with_block_member(
    old: Source, node: SequenceNode, value: str, comment: str, *, first: bool
) -> str:
    line, last = old.span(node.value[0], node.value[0])
    column = indent_of(old.lines[line])
    at = old.remark_above(line)
    if not first:
        _, last = old.span(node.value[-1], node.value[-1])
        at = last + 1
    new = [old.line(f"- {_like(node.value[0], value)}", column)]
    return old.replaced(at, at, [*comment_lines(comment, column, old.style), *new])
