"""Changes to a compose file by line: every line that no change touches stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import singledispatch

from yaml.nodes import MappingNode, Node, ScalarNode

from jettison.errors import UnsupportedError
from jettison.formats import BYTE_ORDER_MARK
from jettison.formats.compose.block_edit import (
    detached,
    says,
    sharers,
    with_entry,
    with_member,
    without_entry,
    without_mount,
)
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
    Value,
)
from jettison.formats.compose.source import Source, indent_of, source
from jettison.formats.yaml_nodes import entries, is_null, origin_of

# What a line of its own means something in: a comment, an escaped line end, a blank line.
_BOUND_TO_LINES = re.compile(r"#|\\$|^\s*$", re.MULTILINE)
# An alias as the whole value of a key.
_ALIAS = re.compile(r"(\s*\S.*?:)[ \t]+(\*[^\s\[\]{},]+)((?:[ \t]+#.*?)?)[ \t]*(\r?\n|)")


def edit(text: str, changes: Iterable[Change], *, file: str = "docker-compose.yml") -> str:
    """Apply changes in order and return the new text.

    A change that is there already changes nothing. What services share through anchors is written
    out in the others first, so that a change of one service stays with it. Raises
    InputSyntaxError for a bad file and UnsupportedError for a service that cannot be edited.
    """
    # a byte order mark stays in front of what becomes the first line
    bare = text.removeprefix(BYTE_ORDER_MARK)
    mark = text[: len(text) - len(bare)]
    for change in changes:
        bare = _edited(change, source(bare, file))
    return mark + bare


def _edited(change: Change, old: Source) -> str:
    service = getattr(change, "service", None)
    if service is None:
        return _applied(change, old)
    try:
        return _changed(change, old, set_apart(old, service))
    except UnsupportedError:
        new = unfolded(old, service)
        if new.text == old.text:
            raise
        return _changed(change, old, set_apart(new, service))


def _changed(change: Change, old: Source, new: Source) -> str:
    text = _applied(change, new)
    return old.text if text == new.text else text


@singledispatch
def _applied(change: Change, old: Source) -> str:
    raise TypeError(f"no such change in {old.file}: {change}")


@_applied.register
def _remove_mount(change: RemoveMount, old: Source) -> str:
    return without_mount(old, change.service, change.target)


@_applied.register
def _add_to_list(change: AddToList, old: Source) -> str:
    if change.key not in old.keys(change.service):
        new = SetKey(
            service=change.service, key=change.key, value=(change.value,), comment=change.comment
        )
        return _set_key(new, old)
    member = (change.service, change.key, change.value, change.comment)
    return with_member(old, *member, first=change.first)


@_applied.register
def _set_key(change: SetKey, old: Source) -> str:
    found = old.keys(change.service).get(change.key)
    if found is not None and says(found.value, change.value):
        return old.text
    if found is not None and not found.merged:
        old = detached(old, change.service, change.key)
    mapping = old.service(change.service)
    text = with_entry(old, mapping, change.key, change.value, change.comment)
    return text if found is not None else _kept_from_others(text, old.file, change)


def _kept_from_others(text: str, file: str, change: SetKey) -> str:
    """Switch a new key off where other services would take it over by merging this one."""
    new = source(text, file)
    off: Value = False if isinstance(change.value, bool) else ()
    if not isinstance(change.value, bool | tuple):
        return text
    for name in list(sharers(new, change.service, change.key)):
        new = source(with_entry(new, new.service(name), change.key, off, ""), file)
    return new.text


@_applied.register
def _remove_key(change: RemoveKey, old: Source) -> str:
    service, key = change.service, change.key
    found = old.keys(service).get(key)
    if found is None or is_null(found.value):
        return old.text
    if found.merged:
        return with_entry(old, old.service(service), key, None, "")
    old = detached(old, service, key)
    return without_entry(old, old.service(service), key)


@_applied.register
def _set_health_check(change: SetHealthCheck, old: Source) -> str:
    test = tuple(word.replace("$", "$$") for word in change.test)
    found = old.keys(change.service).get("healthcheck")
    if found is None or not isinstance(found.value, MappingNode):
        key = SetKey(service=change.service, key="healthcheck", value=(("test", test),))
        return _set_key(key, old)
    parts = entries(found.value, old.file)
    is_off = "disable" in parts and says(parts["disable"].value, "true")
    if is_off or ("test" in parts and says(parts["test"].value, test)):
        return old.text
    old = detached(old, change.service, "healthcheck")
    check = old.keys(change.service)["healthcheck"].value
    return with_entry(old, old.block(check), "test", test, "")


@_applied.register
def _set_build(change: SetBuild, old: Source) -> str:
    found = old.keys(change.service).get("build")
    if found is None:
        return old.text
    old = detached(old, change.service, "build")
    node = old.keys(change.service)["build"].value
    if isinstance(node, ScalarNode):
        old = _with_build_parts(old, node)
    build = old.block(old.keys(change.service)["build"].value)
    old = source(with_entry(old, build, "dockerfile", change.dockerfile, ""), old.file)
    build = old.block(old.keys(change.service)["build"].value)
    return without_entry(old, build, "target")


def _with_build_parts(old: Source, node: ScalarNode) -> Source:
    """Write ``build: folder`` as a mapping with a context, its comment kept."""
    line = int(node.start_mark.line)
    head, tail = (
        old.lines[line][: node.start_mark.column],
        old.lines[line][node.start_mark.column :],
    )
    indent = indent_of(head) + old.style.step
    new = [f"{head.rstrip()}{old.style.newline}", f"{' ' * indent}context: {tail}"]
    return source(old.replaced(line, line + 1, new), old.file)


@_applied.register
def _add_volume(change: AddVolume, old: Source) -> str:
    found = entries(old.root, old.file).get("volumes")
    if found is None:
        return old.with_last_entry([f"{change.name}:"], "volumes")
    if is_null(found.value):
        line = int(found.key.start_mark.line)
        return old.replaced(line + 1, line + 1, [old.line(f"{change.name}:", old.style.step)])
    mapping = old.block(found.value)
    if change.name in entries(mapping, old.file):
        return old.text
    at = old.last_line_of(mapping) + 1
    column = int(mapping.value[0][0].start_mark.column)
    return old.replaced(at, at, [old.line(f"{change.name}:", column)])


@_applied.register
def _set_top_level(change: SetTopLevel, old: Source) -> str:
    path, value = change.path, change.value
    mapping = old.root
    for key in path[:-1]:
        found = entries(mapping, old.file).get(key)
        if found is None or not isinstance(found.value, MappingNode):
            return old.text
        mapping = found.value
    if len(path) > 1 or path[0] in entries(mapping, old.file):
        return with_entry(old, old.block(mapping), path[-1], value, "")
    return old.with_first_entry(path[0], value)


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
