"""What services share through anchors: written out before one of them changes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node

from jettison.project.compose.mapping_edit import is_block
from jettison.project.compose.source import Source, indent_of, source
from jettison.project.yaml_nodes import Entry, entries, last_line

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
