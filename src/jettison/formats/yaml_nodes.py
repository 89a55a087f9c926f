"""YAML text to nodes with positions, and the questions a compose reader asks of them.

The node graph is used instead of constructed values: the nodes know where they stand, so that edits
can leave every other line as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NoReturn

import yaml
from msgspec import Struct
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from jettison.errors import InputSyntaxError
from jettison.values import Origin

_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"
_RESET = "!reset"
# The parser in C is some twenty times as fast; it is missing where PyYAML was built without it.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_MOST_NODES = 50_000
_DEEPEST = 100
# White space and marks at the beginning of a line: each level of blocks takes one of them at least.
_OPENING = re.compile(r"^[ \t?:-]+", re.MULTILINE)
_HINT = "Correct the file; docker compose config shows how it is read."


class Entry(Struct, frozen=True, kw_only=True):
    """A key with its value; ``merged`` when it comes through a merge key or an alias."""

    key: ScalarNode
    value: Node
    merged: bool


@lru_cache(maxsize=8)
def compose_nodes(text: str, file: str) -> MappingNode:
    """Return the root mapping of a YAML document, which nobody changes.

    Raises InputSyntaxError with the line when the text is no YAML mapping.
    """
    if _may_be_deep(text):
        _require_shallow(text, file)
    try:
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        why = str(error.problem or error.context or "").strip()
        raise InputSyntaxError(
            "not valid YAML", why=why, hint=_HINT, origin=Origin(file=file, line=line)
        ) from error
    except yaml.YAMLError as error:
        why = str(error).splitlines()[0]
        raise InputSyntaxError(
            "not valid YAML", why=why, hint=_HINT, origin=Origin(file=file)
        ) from error
    except RecursionError:
        raise _too_deep(Origin(file=file)) from None
    if not isinstance(root, MappingNode):
        wrong_shape("the file", "a mapping", Origin(file=file, line=1))
    _require_bounded(root, file)
    return root


def _may_be_deep(text: str) -> bool:
    """Whether a text has enough of what one thing is put into another with."""
    blocks = max((found.end() - found.start() for found in _OPENING.finditer(text)), default=0)
    return text.count("[") + text.count("{") + blocks > _DEEPEST


def _require_shallow(text: str, file: str) -> None:
    """Refuse what is nested too deeply before nodes are made: that ends a process without a word.

    The parser in C makes the nodes within each other, and no limit of Python counts for it.
    """
    depth = 0
    with suppress(yaml.YAMLError):  # which making the nodes tells of
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=_LOADER):
            if isinstance(event, CollectionStartEvent):
                depth += 1
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
            if depth > _DEEPEST:
                raise _too_deep(Origin(file=file))


def _require_bounded(root: Node, file: str) -> None:
    """Refuse aliases that lead back to themselves or stand for more than anybody writes.

    Each node is looked at once, and counts for as many as it is used.
    """
    if _is_small_tree(root):
        return
    sizes: dict[int, int] = {}
    waiting: list[tuple[Node, bool]] = [(root, False)]
    within: dict[int, int] = {}
    while waiting:
        node, left = waiting.pop()
        if left:
            del within[id(node)]
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in _children(node))
            if sizes[id(node)] > _MOST_NODES:
                much = f"more than {_MOST_NODES:,} values, aliases counted as what they stand for"
                raise _refused(much, _start_of(node, file))
        elif id(node) in within:
            raise _refused("an alias that leads back to itself", _start_of(node, file))
        elif id(node) not in sizes:
            if len(within) > _DEEPEST:
                raise _too_deep(_start_of(node, file))
            within[id(node)] = len(within)
            waiting.append((node, True))
            waiting.extend((child, False) for child in _children(node))


def _is_small_tree(root: Node) -> bool:
    """Whether no node is used twice, and they are neither too many nor nested too deeply."""
    seen = {id(root)}
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return True
        before = len(seen)
        seen.update(map(id, level))
        if len(seen) - before != len(level) or len(seen) > _MOST_NODES:
            return False
    return False


def _start_of(node: Node, file: str) -> Origin:
    """Where a node starts; where it ends is not told of one that has no end."""
    return Origin(file=file, line=node.start_mark.line + 1)


def _refused(what: str, origin: Origin) -> InputSyntaxError:
    return InputSyntaxError(f"the file has {what}", hint=_HINT, origin=origin)


def _too_deep(origin: Origin) -> InputSyntaxError:
    return InputSyntaxError("the file is nested too deeply", hint=_HINT, origin=origin)


def wrong_shape(what: str, expected: str, origin: Origin) -> NoReturn:
    """Raise InputSyntaxError: ``what`` has to be ``expected``."""
    raise InputSyntaxError(f"{what} has to be {expected}", hint=_HINT, origin=origin)


def origin_of(node: Node, file: str) -> Origin:
    """Where a node starts and ends."""
    return Origin(file=file, line=node.start_mark.line + 1, end_line=last_line(node) + 1)


def last_line(node: Node) -> int:
    """Line of the last text that belongs to a node, from 0; comments after it are omitted."""
    children = [child for child in _children(node) if _is_inside(child, node)]
    if children and not (isinstance(node, CollectionNode) and node.flow_style):
        return max(last_line(child) for child in children)
    first, end = int(node.start_mark.line), node.end_mark
    # The end of a block scalar is the start of the line after it.
    return int(end.line) - 1 if end.column == 0 and end.line > first else int(end.line)


def _is_inside(child: Node, node: Node) -> bool:
    """Whether a child has text, and stands where it is used (an alias is at its anchor)."""
    start, end = node.start_mark.index, node.end_mark.index
    return bool(start <= child.start_mark.index <= end) and not is_empty(child)


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def entries(node: MappingNode, file: str) -> dict[str, Entry]:
    """Return the entries of a mapping by key, with merge keys resolved (a key's own value wins).

    Raises InputSyntaxError when a key is given twice.
    """
    own: dict[str, Entry] = {}
    inherited: dict[str, Entry] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            for name, entry in _merged(value, file).items():
                inherited.setdefault(name, entry)
            continue
        if not isinstance(key, ScalarNode):
            wrong_shape("a key", "text", origin_of(key, file))
        if key.value in own:
            what = f"the key {key.value!r} is given twice"
            raise InputSyntaxError(what, hint=_HINT, origin=origin_of(key, file))
        aliased = value.start_mark.index < key.start_mark.index
        own[key.value] = Entry(key=key, value=value, merged=aliased)
    return inherited | own


def _merged(value: Node, file: str) -> dict[str, Entry]:
    parts = value.value if isinstance(value, SequenceNode) else [value]
    found: dict[str, Entry] = {}
    for part in parts:
        if not isinstance(part, MappingNode):
            wrong_shape("a merge key's value", "a mapping", origin_of(part, file))
        for name, entry in entries(part, file).items():
            merged = Entry(key=entry.key, value=entry.value, merged=True)
            found.setdefault(name, merged)
    return found


def is_empty(node: Node) -> bool:
    """Whether a node has no text at all, as the value in ``key:``."""
    return bool(node.start_mark.index == node.end_mark.index)


def is_null(node: Node) -> bool:
    """Whether a node is null: omitted, written as null, or reset by compose's own tag."""
    return isinstance(node, ScalarNode) and node.tag in (_NULL, _RESET)
