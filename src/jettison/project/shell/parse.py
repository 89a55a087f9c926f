"""Read shell text into commands, on the grammar of tree-sitter-bash."""

from __future__ import annotations

import re
from functools import cache

import tree_sitter_bash
from msgspec.structs import replace
from tree_sitter import Language, Node, Parser

from jettison.project.excerpt import Excerpt, excerpt
from jettison.project.shell import simple
from jettison.project.shell.model import Block, Command, Script
from jettison.project.shell.words import Source, source_of
from jettison.values import Origin

PIPES = frozenset({"|", "|&"})
_CONNECTORS = PIPES | {"&&", "||", ";", "&", ";;"}
_SEQUENCES = frozenset({"program", "list", "pipeline"})
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_SHELL = re.compile(r"#!\s*(?:\S*/env\s+(?:-S\s+)?)?(?:\S*/)?(?:ba|da|a|z|k)?sh\b")


def parse(script: str, *, origin: Origin) -> Script:
    """Return the commands of a script that begins at the first line of ``origin``."""
    return parse_excerpt(excerpt(script, file=origin.file, line=origin.line or 1))


def parse_excerpt(text: Excerpt) -> Script:
    """Return the commands of a text that was joined from lines of a file."""
    root = _parser().parse(text.text.encode("utf-8", "surrogatepass")).root_node
    walk = _Walk(source_of(text))
    walk.visit(root, nested=False)
    other_language = text.text.startswith("#!") and not _SHELL.match(text.text)
    understood = not root.has_error and not other_language
    commands = _numbered(walk.commands) if not other_language else ()
    outer = [one for one in commands if not one.nested] if not other_language else []
    return Script(
        excerpt=text,
        commands=commands,
        parts=tuple(sorted([*outer, *walk.blocks], key=lambda part: part.start)),
        editable=walk.editable and understood,
        understood=understood,
    )


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


class _Walk:
    """Collects the simple commands of a tree in the order of the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.commands: list[Command] = []
        self.blocks: list[Block] = []
        self.editable = True
        self._connector = ""

    def visit(self, node: Node, *, nested: bool) -> None:
        if node.type in _CONNECTORS:
            self._connector = node.type
            self.editable = self.editable and (node.type != "&" or nested)
        elif node.type in simple.NODES:
            self._add(node, nested=nested)
        elif node.type == "redirected_statement":
            self._redirected(node, nested=nested)
        elif node.is_named and node.type != "comment":
            plain = node.type in _SEQUENCES
            if not plain and not nested:
                self.blocks.append(self._block(node))
            for child in node.children:
                self.visit(child, nested=nested or not plain)

    def _block(self, node: Node) -> Block:
        start, end = self.source.span(node)
        return Block(
            kind=node.type,
            connector=self._next_connector(),
            raw=self.source.text(node),
            start=start,
            end=end,
            origin=self.source.excerpt.origin(start, end),
        )

    def _next_connector(self) -> str:
        return self._connector or ("newline" if self.commands else "")

    def _add(self, node: Node, *, nested: bool) -> None:
        connector = self._next_connector()
        self._connector = ""
        command = simple.command(node, self.source, connector=connector, nested=nested)
        self.commands.append(replace(command, substitutions=self._substitutions(node)))

    def _redirected(self, node: Node, *, nested: bool) -> None:
        """Visit what is redirected; the redirections belong to its last command."""
        first = len(self.commands)
        redirects = [child for child in node.children if child.type in simple.REDIRECTS]
        for child in node.children:
            if child.type not in simple.REDIRECTS:
                self.visit(child, nested=nested)
        ends_with_block = len(self.commands) > first and self.commands[-1].nested != nested
        if ends_with_block:
            self._extend(node)
        elif len(self.commands) > first and node.children[0].type in _SEQUENCES | simple.NODES:
            last = simple.redirected(self.commands[-1], redirects, self.source)
            inner = tuple(one for child in redirects for one in self._substitutions(child))
            self.commands[-1] = replace(last, substitutions=last.substitutions + inner)
        for redirect in redirects:
            self._behind_heredoc(redirect, nested=nested)

    def _extend(self, node: Node) -> None:
        """Let the last block end where its redirections end."""
        block, end = self.blocks[-1], self.source.span(node)[1]
        text = self.source.excerpt
        self.blocks[-1] = replace(
            block, raw=text.text[block.start : end], end=end, origin=text.origin(block.start, end)
        )

    def _behind_heredoc(self, node: Node, *, nested: bool) -> None:
        """Visit what follows a heredoc marker on its line; the grammar puts it into the marker."""
        for child in node.children:
            if child.type in _CONNECTORS | _SEQUENCES | simple.NODES:
                self.editable = False
                self.visit(child, nested=nested)

    def _substitutions(self, node: Node) -> tuple[Command, ...]:
        found: list[Command] = []
        for child in node.named_children:
            if child.type in _SUBSTITUTIONS:
                inner = _Walk(self.source)
                for part in child.children:
                    inner.visit(part, nested=False)
                found += _numbered(inner.commands)
            else:
                found += self._substitutions(child)
        return tuple(found)


def _numbered(commands: list[Command]) -> tuple[Command, ...]:
    """Give the commands of one pipeline the same number."""
    numbered: list[Command] = []
    number = -1
    leading = [command.connector in PIPES for command in commands[1:]]
    for command, leads in zip(commands, [*leading, False], strict=False):
        piped = command.connector in PIPES
        if leads and not piped:
            number += 1
        numbered.append(replace(command, pipeline=number if leads or piped else None))
    return tuple(numbered)
