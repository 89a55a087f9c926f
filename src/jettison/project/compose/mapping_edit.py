"""Setting and removing keys of a mapping in block style."""

from __future__ import annotations

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from jettison.project.compose.changes import Scalar, Value
from jettison.project.compose.source import Source, indent_of
from jettison.project.compose.write import comment_lines, entry, scalar
from jettison.project.yaml_nodes import entries, is_null

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
    new = entry(key, value, column, old.style)
    if isinstance(found[1], ScalarNode) and not isinstance(value, tuple) and first == last:
        new = [_scalar_replaced(old, found[1], value)]
    remark = comment_lines(comment, column, old.style)
    above = old.lines[max(0, first - len(remark)) : first]
    return old.replaced(first, last + 1, [*([] if list(above) == remark else remark), *new])


def without_entry(old: Source, mapping: MappingNode, key: str) -> str:
    """Take a key out, with the comment that is about it alone."""
    found = own_entry(old, mapping, key)
    if found is None:
        return old.text
    return without_lines(old, *old.span(*found))


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
    new = [*comment_lines(comment, column, old.style), *entry(key, value, column, old.style)]
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
