"""One simple command out of its syntax node."""

from __future__ import annotations

from msgspec.structs import replace
from tree_sitter import Node

from jettison.project.shell.model import Command, Redirect, Word
from jettison.project.shell.words import EXPANSIONS, Source

NODES = frozenset(
    {
        *("command", "declaration_command", "unset_command", "test_command"),
        *("variable_assignment", "variable_assignments"),
    }
)
REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})


def command(node: Node, source: Source, *, connector: str, nested: bool) -> Command:
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
    """Return the command with redirections, which may stand after it."""
    if not nodes:
        return bare
    end = max(bare.end, *(source.span(node)[1] for node in nodes))
    found = tuple(one for node in nodes for one in _redirects(node, source))
    return replace(
        bare,
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
    descriptor = _child(node, "file_descriptor")
    operator = next(child for child in node.children if not child.is_named)
    body = _child(node, "heredoc_body")
    target = _target(node)
    redirect = Redirect(
        operator=operator.type,
        target=source.word(target) if target else None,
        descriptor=int(source.text(descriptor)) if descriptor else None,
        body=source.text(body) if body else None,
    )
    return [redirect, *inner]


def _target(node: Node) -> Node | None:
    return (
        node.child_by_field_name("destination")
        or _child(node, "heredoc_start")
        or (node.named_children[-1] if node.type == "herestring_redirect" else None)
    )


def _child(node: Node, kind: str) -> Node | None:
    return next((child for child in node.children if child.type == kind), None)
