"""Read shell text into commands, on the grammar of tree-sitter-bash."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from jettison.formats import Excerpt, excerpt, names_shell
from jettison.formats.shell.words import (
    EXPANSIONS,
    Block,
    Command,
    Redirect,
    Script,
    Source,
    Word,
    source_of,
)
from jettison.values import Origin, replace

NODES = frozenset(
    {
        *("command", "declaration_command", "unset_command", "test_command"),
        *("variable_assignment", "variable_assignments"),
    }
)
REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})


def simple_command(node: Node, source: Source, *, connector: str, nested: bool) -> Command:
    """Return the command that a node is, without its substitutions."""
    start, end = source.span(node)
    bare = Command(
        tokens=_tokens(node, source),
        assignments=tuple(_assignment(child, source) for child in _assigned(node)),
        connector=connector,
        nested=nested,
        raw=source.text(node),
        start=start,
        end=end,
        origin=source.excerpt.origin(start, end),
    )
    return redirected(bare, [child for child in node.children if child.type in REDIRECTS], source)


def redirected(bare: Command, nodes: list[Node], source: Source) -> Command:
    """Return the command with redirections, which may stand after it or between its words."""
    if not nodes:
        return bare
    end = max(bare.end, *(source.span(node)[1] for node in nodes))
    found = tuple(one for node in nodes for one in _redirects(node, source))
    behind = (source.word(one) for node in nodes for one in _behind_target(node))
    return replace(
        bare,
        tokens=tuple(sorted((*bare.tokens, *behind), key=lambda word: word.start)),
        redirects=bare.redirects + found,
        raw=source.excerpt.text[bare.start : end],
        end=end,
        origin=source.excerpt.origin(bare.start, end),
    )


def _tokens(node: Node, source: Source) -> tuple[Word, ...]:
    if node.type in {"variable_assignment", "variable_assignments"}:
        return ()
    nodes = _leaves(node) if node.type == "test_command" else node.children
    skipped = REDIRECTS | ({"variable_assignment"} if node.type == "command" else set())
    return tuple(source.word(child) for child in nodes if child.type not in skipped)


def _leaves(node: Node) -> list[Node]:
    """Return the words of a test, its operators too."""
    if not node.children or node.type in {"string", "concatenation"} | EXPANSIONS:
        return [node]
    return [leaf for child in node.children for leaf in _leaves(child)]


def _assigned(node: Node) -> list[Node]:
    if node.type == "variable_assignment":
        return [node]
    return [child for child in node.children if child.type == "variable_assignment"]


def _assignment(node: Node, source: Source) -> tuple[str, Word]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    word = source.word(value or node.children[-1])
    if value is None:
        word = replace(word, text="", raw="", start=word.end)
    return (source.text(name) if name else ""), word


def _redirects(node: Node, source: Source) -> list[Redirect]:
    """Return a redirection; that of a heredoc may have others on its line."""
    inner = [
        one
        for child in node.children
        if child.type in REDIRECTS
        for one in _redirects(child, source)
    ]
    operator = next(child for child in node.children if not child.is_named)
    target = (
        node.child_by_field_name("destination")
        or next((child for child in node.children if child.type == "heredoc_start"), None)
        or (node.named_children[-1] if node.type == "herestring_redirect" else None)
    )
    word = source.word(target) if target else None
    return [Redirect(operator=operator.type, target=word), *inner]


def _behind_target(node: Node) -> list[Node]:
    """Return the words of the command behind a redirection; the grammar puts them into it."""
    return node.children_by_field_name("destination")[1:]


PIPES = frozenset({"|", "|&"})
_CONNECTORS = PIPES | {"&&", "||", ";", "&", ";;"}
_SEQUENCES = frozenset({"program", "list", "pipeline"})
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
# Good enough to find the programs of what cannot be read as a whole.
_PLAIN_COMMAND = re.compile(r"[^\n;&|(){}`]+")
_PLAIN_WORD = re.compile(r"[^\s\"']+")


def parse(script: str, *, origin: Origin) -> Script:
    """Return the commands of a script that begins at the first line of ``origin``."""
    return parse_excerpt(excerpt(script, file=origin.file, line=origin.line or 1))


@lru_cache(maxsize=64)
def parse_excerpt(text: Excerpt) -> Script:
    """Return the commands of a text that was joined from lines of a file.

    Of what is nested too deeply for anybody to read, each line is a command that is not understood.
    """
    try:
        return _parsed(text)
    except RecursionError:
        commands = tuple(_of_lines(text))
        return Script(excerpt=text, commands=commands, parts=(), editable=False, understood=False)


def _of_lines(text: Excerpt) -> Iterator[Command]:
    for found in _PLAIN_COMMAND.finditer(text.text):
        start, end = found.span()
        origin = text.origin(start, end)
        words = tuple(
            Word(
                text=one[0], raw=one[0], literal="$" not in one[0], start=start + one.start(),
                end=start + one.end(), origin=origin,
            )
            for one in _PLAIN_WORD.finditer(found[0])
        )  # fmt: skip
        if words:
            yield Command(
                tokens=words, nested=True, raw=found[0], start=start, end=end, origin=origin
            )


# Nobody writes it, and the time of the grammar's recovery from faults grows with its square.
_REPEATED = re.compile(r"([|&;<>(){}\"'$`\\]{1,4}\s*|\w{1,8}\s+)\1{200}")
# So does that of pipelines in lists, arrays and patterns; of the rest, the time is limited.
_JOINING = re.compile(r"\|(?!\|)|=\(|[@?*+!]\(")
# A remark between the words of a command: the grammar has it last until the end of the line.
_REMARK = re.compile(rb"`#[^`\n]*`")
_MOST_JOINED, _MICROSECONDS = 1000, 3_000_000


def _parsed(text: Excerpt) -> Script:
    nothing = Script(excerpt=text, commands=(), parts=(), editable=False, understood=False)
    if _REPEATED.search(text.text) or len(_JOINING.findall(text.text)) > _MOST_JOINED:
        return nothing
    data = text.text.encode("utf-8", "surrogatepass")
    try:
        root = _parser().parse(_REMARK.sub(lambda one: b" " * len(one[0]), data)).root_node
    except ValueError:  # the time is over
        _parser().reset()
        return nothing
    walk = _Walk(source_of(text))
    walk.visit(root, nested=False)
    other_language = text.text.startswith("#!") and not names_shell(text.text)
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
    with warnings.catch_warnings():  # the callback that is to replace it crashes in this release
        warnings.simplefilter("ignore", DeprecationWarning)
        return Parser(Language(tree_sitter_bash.language()), timeout_micros=_MICROSECONDS)


class _Walk:
    """Collects the simple commands of a tree in the order of the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.commands: list[Command] = []
        self.blocks: list[Block] = []
        self.editable = True
        self._connector = ""

    def visit(self, node: Node, *, nested: bool) -> None:
        """Visit a node and what is in it; long lists are nested in the grammar, as lists are."""
        waiting = [(node, nested)]
        while waiting:
            waiting += reversed(self._visit(*waiting.pop()))

    def _visit(self, node: Node, nested: bool) -> list[tuple[Node, bool]]:
        """Take a node in; return what is in it and must be visited next."""
        if node.type in _CONNECTORS:
            self._connector = node.type
            self.editable = self.editable and (node.type != "&" or nested)
        elif node.type in NODES:
            self._add(node, nested=nested)
        elif node.type == "redirected_statement":
            self._redirected(node, nested=nested)
        elif node.is_named and node.type != "comment":
            plain = node.type in _SEQUENCES
            if not plain and not nested:
                self.blocks.append(self._block(node))
            return [(child, nested or not plain) for child in node.children]
        return []

    def _block(self, node: Node) -> Block:
        start, end = self.source.span(node)
        return Block(
            connector=self._next_connector(),
            start=start,
            end=end,
            origin=self.source.excerpt.origin(start, end),
        )

    def _next_connector(self) -> str:
        return self._connector or ("newline" if self.commands else "")

    def _add(self, node: Node, *, nested: bool) -> None:
        connector = self._next_connector()
        self._connector = ""
        command = simple_command(node, self.source, connector=connector, nested=nested)
        self.commands.append(replace(command, substitutions=self._substitutions(node)))

    def _redirected(self, node: Node, *, nested: bool) -> None:
        """Visit what is redirected; the redirections belong to its last command."""
        first = len(self.commands)
        redirects = [child for child in node.children if child.type in REDIRECTS]
        for child in node.children:
            if child.type not in REDIRECTS:
                self.visit(child, nested=nested)
        ends_with_block = len(self.commands) > first and self.commands[-1].nested != nested
        if ends_with_block:
            self._extend(node)
        elif len(self.commands) > first and node.children[0].type in _SEQUENCES | NODES:
            last = redirected(self.commands[-1], redirects, self.source)
            inner = tuple(one for child in redirects for one in self._substitutions(child))
            self.commands[-1] = replace(last, substitutions=last.substitutions + inner)
        for redirect in redirects:
            self._behind_heredoc(redirect, nested=nested)

    def _extend(self, node: Node) -> None:
        """Let the last block end where its redirections end."""
        block, end = self.blocks[-1], self.source.span(node)[1]
        text = self.source.excerpt
        self.blocks[-1] = replace(block, end=end, origin=text.origin(block.start, end))

    def _behind_heredoc(self, node: Node, *, nested: bool) -> None:
        """Visit what follows a heredoc marker on its line; the grammar puts it into the marker."""
        for child in node.children:
            if child.type in _CONNECTORS | _SEQUENCES | NODES:
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
