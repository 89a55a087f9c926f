"""Write a service in braces or by an alias as a block of keys, so that it is edited by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode

from jettison.errors import UnsupportedError
from jettison.formats.compose.source import Source, indent_of, source
from jettison.formats.yaml_nodes import entries, origin_of

# What a line of its own means something in: a comment, an escaped line end, a blank line.
_BOUND_TO_LINES = re.compile(r"#|\\$|^\s*$", re.MULTILINE)

_ALIAS = re.compile(r"(\s*\S.*?:)[ \t]+(\*[^\s\[\]{},]+)((?:[ \t]+#.*?)?)[ \t]*(\r?\n|)")


def unfolded(old: Source, service: str) -> Source:
    """Return the file with a service, and what it stands in, as blocks of keys.

    Every value stays as it is written. Raises UnsupportedError where that cannot be done without a
    change of what is read.
    """
    new = old
    for path in ((), ("services",), ("services", service)):
        found = _at(new, path)
        if found and found[1].flow_style and found[1].value:
            new = source(_in_block(new, *found), old.file)
    if not _same(old.root, new.root):
        raise UnsupportedError(
            f"the service {service} cannot be changed",
            why="it is not written as a block of keys",
            hint="Write one key a line.",
            origin=origin_of(old.root, old.file),
        )
    return new


def set_apart(old: Source, service: str) -> Source:
    """Let each service that is this one's very node by an alias (``other: *web``) merge it."""
    places = entries(old.services, old.file)
    node = places[service].value if service in places else None
    lines = list(old.lines)
    for entry in places.values():
        number = int(entry.key.start_mark.line)
        found = _ALIAS.fullmatch(lines[number]) if entry.value is node else None
        if found:
            head, alias, remark, newline = found.groups()
            inner = " " * (int(entry.key.start_mark.column) + old.style.step)
            lines[number] = f"{head}{remark}{newline}{inner}<<: {alias}{newline}"
    return old if tuple(lines) == old.lines else source("".join(lines), old.file)


def _at(old: Source, path: tuple[str, ...]) -> tuple[int, MappingNode] | None:
    """Return the indent of what is in a mapping of the file, and its node."""
    node, indent = old.root, 0
    for key in path:
        found = entries(node, old.file).get(key)
        if found is None or found.merged or not isinstance(found.value, MappingNode):
            return None
        indent = indent_of(old.lines[found.key.start_mark.line]) + old.style.step
        node = found.value
    return indent, node


def _in_block(old: Source, indent: int, node: MappingNode) -> str:
    text = old.text
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    opened = text.index("{", start)
    properties, rest = text[start:opened].strip(), text[end:]
    lines = [old.line(entry, indent) for entry in _entries(old, text[:end], node)]
    remark, newline, after = rest.partition("\n")
    head = f"{text[:start].rstrip(' ')} {properties}".rstrip(" ") + remark.rstrip(" ")
    above = f"{head}{newline or old.style.newline}" if head.strip() else ""
    return "".join([above, *lines, after])


def _entries(old: Source, text: str, node: MappingNode) -> Iterator[str]:
    """Yield each entry on one line; ``text`` ends with the brace."""
    starts = [int(key.start_mark.index) for key, _ in node.value]
    stops = [*starts[1:], len(text) - 1]
    for (key, _), start, stop in zip(node.value, starts, stops, strict=True):
        name = text[start : int(key.end_mark.index)]
        value = text[start + len(name) : stop].strip().removesuffix(",").strip().removeprefix(":")
        if "\n" in value and _BOUND_TO_LINES.search(value.strip()):
            old.block(node)
        yield f"{name}: {' '.join(map(str.strip, value.strip().splitlines()))}".rstrip()


def _same(one: Node, other: Node) -> bool:
    """Whether two nodes are read as the same values."""
    if one.tag != other.tag or type(one) is not type(other):
        return False
    if isinstance(one, ScalarNode):
        return bool(one.value == other.value)
    if len(one.value) != len(other.value):
        return False
    if isinstance(one, MappingNode):
        pairs = zip(one.value, other.value, strict=True)
        return all(_same(a, c) and _same(b, d) for (a, b), (c, d) in pairs)
    return all(_same(a, b) for a, b in zip(one.value, other.value, strict=True))
