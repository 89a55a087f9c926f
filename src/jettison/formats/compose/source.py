"""A compose file as lines with the nodes that stand on them: what edits work on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from jettison.errors import UnsupportedError
from jettison.formats.compose.services import Scalar, Value
from jettison.formats.yaml_nodes import (
    Entry,
    compose_nodes,
    entries,
    is_empty,
    last_line,
    origin_of,
)
from jettison.values import Origin

_PLAIN = re.compile(r"[A-Za-z0-9_./~$][A-Za-z0-9_./@%+=,:$(){}~ -]*")
_NO_TEXT = re.compile(
    r"(true|false|yes|no|on|off|y|n|null|~)|[-+.\d][\d_.,:eExXoO+-]*|0x[0-9a-f]+", re.I
)


class Style(Struct, frozen=True, kw_only=True):
    """How a file is laid out.

    ``step`` is the indent of a nested mapping; ``dash`` that of a list under its key.
    """

    step: int
    dash: int
    newline: str


def scalar(value: Scalar) -> str:
    """Write a scalar: plain when that is read back as the same text, else in double quotes."""
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value).lower()
    ends_or_mark = value != value.strip() or value.endswith(":") or ": " in value or " #" in value
    braces = "{" in value.replace("${", "") or value.startswith("$(")
    if _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value) and not (ends_or_mark or braces):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Write a text in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def flow(words: tuple[str, ...]) -> str:
    """Write a list on one line, every member quoted."""
    return "[" + ", ".join(map(quoted, words)) + "]"


def yaml_entry(key: str, value: Value, indent: int, style: Style) -> list[str]:
    """Write a key with its value as lines; commands and tests stay on one line."""
    return [" " * indent + line + style.newline for line in _entry(key, value, style)]


def comment_lines(comment: str, indent: int, style: Style) -> list[str]:
    """Write a comment as lines; empty for none."""
    lines = comment.splitlines()
    return [" " * indent + f"# {line}".rstrip() + style.newline for line in lines]


def _entry(key: str, value: Value, style: Style) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield f"{key}: {scalar(value)}"
    elif key in ("command", "entrypoint", "test"):
        yield f"{key}: {flow(tuple(str(word) for word in value))}"
    elif not value:
        yield f"{key}: []"
    else:
        yield f"{key}:"
        for member in value:
            if isinstance(member, tuple):
                for line in _entry(member[0], member[1], style):
                    yield " " * style.step + line
            else:
                yield f"{' ' * style.dash}- {scalar(member)}"


# The line ends that YAML knows, so that lines count as the parser counts them.
_LINE = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+$"
)
_DEFAULT_STEP = 2


class Source(Struct, frozen=True, kw_only=True):
    """The lines of a file and its root node."""

    file: str
    lines: tuple[str, ...]
    root: MappingNode

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.lines)

    @property
    def services(self) -> MappingNode:
        """The node that holds the services."""
        found = entries(self.root, self.file).get("services")
        if found is None or not isinstance(found.value, MappingNode):
            raise UnsupportedError("no services in the compose file", origin=Origin(file=self.file))
        return found.value

    def service(self, name: str) -> MappingNode:
        """Return the node of a service written in block style."""
        found = entries(self.services, self.file).get(name)
        if found is None:
            raise UnsupportedError(
                f"no service {name} in the compose file", origin=Origin(file=self.file)
            )
        return self.block(found.value)

    def block(self, node: Node) -> MappingNode:
        """Return a mapping that is written one key a line; raises UnsupportedError for others."""
        if not isinstance(node, MappingNode) or node.flow_style or not node.value:
            raise UnsupportedError(
                "this part of the compose file cannot be changed",
                why="it is not written as a block of keys",
                hint="Write one key a line.",
                origin=origin_of(node, self.file),
            )
        return node

    def keys(self, name: str) -> dict[str, Entry]:
        """Return the entries of a service, merged ones too."""
        return entries(self.service(name), self.file)

    @property
    def style(self) -> Style:
        """How the file is laid out, by its first service and its first list."""
        newline = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        step = self._indent(MappingNode, _DEFAULT_STEP)
        return Style(step=step, dash=self._indent(SequenceNode, step), newline=newline)

    def _indent(self, kind: type[CollectionNode], otherwise: int) -> int:
        found = (
            node.start_mark.column - key.start_mark.column
            for key, node in _entries_in(self.root)
            if isinstance(node, kind) and not node.flow_style and _follows(key, node)
        )
        return next(found, otherwise)

    def span(self, key: Node, value: Node) -> tuple[int, int]:
        """Lines of an entry or member, from 0, both included, with the comments inside it.

        For a member of a list, both nodes are the member.
        """
        first = int(key.start_mark.line)
        last = first if is_empty(value) else max(first, last_line(value))
        while last > first and not self.lines[last].strip():
            last -= 1
        column = indent_of(self.lines[first])
        at = last + 1
        while at < len(self.lines):
            bare = self.lines[at].strip()
            if bare.startswith("#") and indent_of(self.lines[at]) > column:
                last = at
            elif bare:
                break
            at += 1
        return first, last

    def last_line_of(self, mapping: MappingNode) -> int:
        """Return the last line of a mapping's last entry, from 0."""
        key, value = max(mapping.value, key=lambda pair: int(pair[0].start_mark.line))
        is_alias = value.start_mark.index < key.start_mark.index
        return int(key.start_mark.line) if is_alias else self.span(key, value)[1]

    def remark_above(self, line: int) -> int:
        """Return the first line of the comment directly above a line, of the same indent."""
        first = line
        while first > 0 and self._is_remark(first - 1, indent_of(self.lines[line])):
            first -= 1
        return first

    def _is_remark(self, line: int, indent: int) -> bool:
        text = self.lines[line]
        return text.lstrip().startswith("#") and indent_of(text) == indent

    def with_first_entry(self, key: str, value: str) -> str:
        """Return the text with a new first key, below the comment that opens the file."""
        line = min((int(own.start_mark.line) for own, _ in self.root.value), default=0)
        new = [f"{key}: {scalar(value)}{self.style.newline}"]
        return self.replaced(line, line, [*new, self.style.newline])

    def with_last_entry(self, inner: Sequence[str], key: str) -> str:
        """Return the text with a new last key of the file that holds ``inner`` lines."""
        at = len(self.lines)
        while at and not self.lines[at - 1].strip():
            at -= 1
        new = [self.line("", 0), self.line(f"{key}:", 0)]
        return self.replaced(at, at, [*new, *(self.line(one, self.style.step) for one in inner)])

    def line(self, words: str, indent: int) -> str:
        """Return a line in the file's style."""
        return f"{' ' * indent}{words}{self.style.newline}"

    def replaced(self, first: int, stop: int, new: Sequence[str]) -> str:
        """Return the text with the lines from ``first`` to before ``stop`` replaced."""
        before = list(self.lines[:first])
        if new and before and not before[-1].endswith(("\n", "\r")):
            before[-1] += self.style.newline
        return "".join([*before, *new, *self.lines[stop:]])


def source(text: str, file: str) -> Source:
    """Read a compose file for editing; raises InputSyntaxError with the line."""
    root = compose_nodes(text, file)
    return Source(file=file, lines=tuple(_LINE.findall(text)), root=root)


def indent_of(line: str) -> int:
    """Return the number of spaces that a line starts with."""
    return len(line) - len(line.lstrip(" "))


def _follows(key: Node, node: Node) -> bool:
    """Whether a value is written under its key rather than taken from an anchor."""
    return bool(node.start_mark.line > key.start_mark.line)


def _entries_in(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key, value
            if value.start_mark.index > key.start_mark.index:
                yield from _entries_in(value)
    elif isinstance(node, SequenceNode):
        for member in node.value:
            yield from _entries_in(member)
