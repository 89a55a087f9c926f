"""Edit lists and mappings in block style: add, replace and remove entries line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from jettison.formats.compose.fields import short_mount
from jettison.formats.compose.services import Scalar, Value
from jettison.formats.compose.source import (
    Source,
    comment_lines,
    indent_of,
    quoted,
    scalar,
    source,
    yaml_entry,
)
from jettison.formats.dotenv import interpolate
from jettison.formats.yaml_nodes import Entry, entries, is_null, last_line
from jettison.values import Origin

# From so many members below it on, a comment is taken for a heading of them all.
_PARAGRAPH = 2


def with_entry(old: Source, mapping: MappingNode, key: str, value: Value, comment: str) -> str:
    """Set a key: in place when the mapping has it, else after its last one."""
    found = own_entry(old, mapping, key)
    if found is None:
        return _added(old, mapping, key, value, comment)
    if says(found[1], value):
        return old.text
    first, last = old.span(*found)
    column = indent_of(old.lines[first])
    new = yaml_entry(key, value, column, old.style)
    if isinstance(found[1], ScalarNode) and not isinstance(value, tuple) and first == last:
        new = [_scalar_replaced(old, found[1], value)]
    remark = comment_lines(comment, column, old.style)
    above = old.lines[max(0, first - len(remark)) : first]
    return old.replaced(first, last + 1, [*([] if list(above) == remark else remark), *new])


def without_entry(old: Source, mapping: MappingNode, key: str) -> str:
    """Take a key out, with the comment that is about it alone."""
    found = own_entry(old, mapping, key)
    return old.text if found is None else without_lines(old, *old.span(*found))


def without_lines(old: Source, first: int, last: int) -> str:
    """Take lines out, with the comment above them, and a blank line that would be left over."""
    start, stop = _with_remark(old, first, last), last + 1
    indent = indent_of(old.lines[first])
    opens = (
        start == 0 or not old.lines[start - 1].strip() or indent_of(old.lines[start - 1]) < indent
    )
    if opens and stop < len(old.lines) and not old.lines[stop].strip():
        stop += 1
    return old.replaced(start, stop, [])


def own_entry(old: Source, mapping: MappingNode, key: str) -> tuple[ScalarNode, Node] | None:
    """Return the nodes of a key that the mapping itself has."""
    found = entries(mapping, old.file).get(key)
    pairs = [(own, value) for own, value in mapping.value if own.value == key]
    return pairs[0] if found is not None and pairs else None


def says(node: Node, value: Value) -> bool:
    """Whether a node already says the value."""
    if isinstance(node, ScalarNode):
        alone = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        if alone is None or is_null(node):
            return alone is None and is_null(node)
        return not isinstance(alone, tuple) and str(node.value) == plain(alone)
    if isinstance(node, SequenceNode) and isinstance(value, tuple):
        return [str(member.value) for member in node.value] == list(value)
    return False


def plain(value: Scalar) -> str:
    """Return the text that a scalar node has for a value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _added(old: Source, mapping: MappingNode, key: str, value: Value, comment: str) -> str:
    column = int(mapping.value[0][0].start_mark.column)
    last = old.last_line_of(mapping)
    new = [*comment_lines(comment, column, old.style), *yaml_entry(key, value, column, old.style)]
    return old.replaced(last + 1, last + 1, new)


def _scalar_replaced(old: Source, node: ScalarNode, value: Scalar) -> str:
    """Put a scalar in the place of another, in its quotes, before its comment."""
    line = old.lines[int(node.start_mark.line)]
    start, end = int(node.start_mark.column), int(node.end_mark.column)
    written = scalar(value)
    if node.style in ("'", '"') and written == plain(value) and isinstance(value, str):
        written = f"{node.style}{value}{node.style}"
    return line[:start] + written + line[end:]


def _with_remark(old: Source, first: int, last: int) -> int:
    """Return the first line to take out.

    A comment goes with what it stands above, unless it heads a paragraph: several more members
    follow directly.
    """
    indent = indent_of(old.lines[first])
    more = 0
    for line in old.lines[last + 1 :]:
        bare = line.strip()
        if not bare or bare.startswith("#") or indent_of(line) < indent:
            break
        more += indent_of(line) == indent
    return first if more >= _PARAGRAPH else old.remark_above(first)


def is_block(node: Node) -> bool:
    """Whether a list or mapping is written one member a line."""
    return isinstance(node, CollectionNode) and not node.flow_style


_ANCHOR = re.compile(r"&\S+\s*")


def sharers(old: Source, service: str, key: str) -> Iterator[str]:
    """Yield the other services whose value for ``key`` is this service's very node."""
    found = old.keys(service).get(key)
    for name, entry in entries(old.services, old.file).items():
        if name == service or found is None or not isinstance(entry.value, MappingNode):
            continue
        other = entries(entry.value, old.file).get(key)
        if other is not None and other.value is found.value:
            yield name


def detached(old: Source, service: str, key: str) -> Source:
    """Give every service that shares a service's key its own copy of it."""
    entry = old.keys(service).get(key)
    if entry is None:
        return old
    if entry.merged:
        return written_out(old, service, key)
    for name in list(sharers(old, service, key)):
        old = written_out(old, name, key)
    return old


def written_out(old: Source, service: str, key: str) -> Source:
    """Write a key that a service takes from an anchor into the service itself."""
    mapping = old.service(service)
    found = entries(mapping, old.file)[key]
    column = int(mapping.value[0][0].start_mark.column)
    new = _copied(old, key, found, column)
    alias = next((own for own, _ in mapping.value if own.value == key), None)
    at = old.last_line_of(mapping) + 1 if alias is None else int(alias.start_mark.line)
    text = old.replaced(at, at if alias is None else at + 1, new)
    return source(text, old.file)


def _copied(old: Source, key: str, found: Entry, column: int) -> list[str]:
    style = old.style
    if not is_block(found.value):
        text = _ANCHOR.sub("", _slice(old, found.value), count=1)
        return [f"{' ' * column}{key}: {text}{style.newline}"]
    first = int(_first_child(found.value).start_mark.line)
    lines = old.lines[first : last_line(found.value) + 1]
    shift = style.step if isinstance(found.value, MappingNode) else style.dash
    inner = indent_of(lines[0])
    body = [
        " " * (column + shift + indent_of(line) - inner) + line.lstrip(" ")
        if line.strip()
        else line
        for line in lines
    ]
    return [f"{' ' * column}{key}:{style.newline}", *body]


def _first_child(node: Node) -> Node:
    first = node.value[0]
    return first[0] if isinstance(first, tuple) else first  # type: ignore[no-any-return]  # untyped


def _slice(old: Source, node: Node) -> str:
    start, end = node.start_mark, node.end_mark
    lines = list(old.lines[start.line : end.line + 1])
    lines[-1] = lines[-1][: end.column]
    lines[0] = lines[0][start.column :]
    return "".join(lines)


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
    """Add a member to a list that is there, at its end or as the first; a scalar becomes one."""
    if _has(old.keys(service)[key].value, value):
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
