"""Which statements of a module run on Linux, and which it goes on without."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jettison.catalogue.reader import table

_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Give every node but those that only type checkers see, or other systems run."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and (_is_typing(node.test) or _is_elsewhere(node.test)):
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def _is_typing(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return bool(name == "TYPE_CHECKING")


def _is_elsewhere(test: ast.expr) -> bool:
    """Whether a condition holds on other systems than Linux alone."""
    match test:
        case (
            ast.Compare(
                left=ast.Attribute(value=ast.Name(id=module), attr=attribute),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=str(value))],
            )
            | ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id=module), attr=attribute),
                    attr="startswith",
                ),
                args=[ast.Constant(value=str(value))],
            )
        ):
            here = table("standard_library")["here"].get(f"{module}.{attribute}", value)
            return not here.startswith(value)
    return False


def goes_on(node: ast.AST) -> bool:
    """Whether a statement catches that a module is missing."""
    return isinstance(node, ast.Try) and any(
        handler.type is None
        or any(getattr(each, "id", "") in _MISSING for each in ast.walk(handler.type))
        for handler in node.handlers
    )


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a ``try`` statement tries."""
    for statement in getattr(node, "body", ()):
        yield from ast.walk(statement)
