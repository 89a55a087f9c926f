"""Which attributes of a package a module uses, and which of its statements run on Linux."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from jettison.catalogue import table
from jettison.catalogue.applications import LibraryModules

ANY = "*"
_ALL = re.compile(r"from\s+([\w.]+)\s+import\s+\*")


def attributes_asked(package: str, nodes: Collection[ast.AST]) -> Iterator[str]:
    """Give the attributes that are written behind the package's name; ``*`` where it may be any.

    A package that is given to a function, or has another name from then on, may be asked for any,
    and so may one of which a text that may be run imports everything.
    """
    if any(_takes_all(package, node) for node in nodes) or package in _text_of_all(nodes):
        yield ANY
    names = {name for node in nodes for name in _names(package, node)}
    used = [node for node in nodes if isinstance(node, ast.Name) and node.id in names]
    known = {id(node) for node in used}
    attributes = [
        node for node in nodes if isinstance(node, ast.Attribute) and id(node.value) in known
    ]
    yield from (node.attr for node in attributes)
    harmless = {id(node.value) for node in attributes} | set(_tested(nodes))
    if any(isinstance(node.ctx, ast.Load) and id(node) not in harmless for node in used):
        yield ANY


def _tested(nodes: Collection[ast.AST]) -> Iterator[int]:
    """Give what is only looked at to see whether it is there."""
    waiting: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Assert)):
            waiting.append(node.test)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            waiting += [node.left, *node.comparators]
    while waiting:
        test = waiting.pop()
        if isinstance(test, ast.BoolOp):
            waiting += test.values
        elif isinstance(test, ast.UnaryOp):
            waiting.append(test.operand)
        else:
            yield id(test)


def _takes_all(package: str, node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == package
        and any(alias.name == "*" for alias in node.names)
    )


def _text_of_all(nodes: Collection[ast.AST]) -> frozenset[str]:
    """Give the packages of which texts import everything; what documents is never run."""
    documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return frozenset(
        found[1]
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in documents
        for found in _ALL.finditer(node.value)
    )


def _names(package: str, node: ast.AST) -> Iterator[str]:
    """Give the names that an import statement binds the package to."""
    for alias in node.names if isinstance(node, ast.Import) else ():
        if alias.name == package:
            yield alias.asname or package
        elif not alias.asname and alias.name.startswith(f"{package}."):
            yield package


MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


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
            here = table(LibraryModules).here.get(f"{module}.{attribute}", value)
            return not here.startswith(value)
    return False


def goes_on(node: ast.AST) -> bool:
    """Whether a statement catches that a module is missing."""
    return isinstance(node, ast.Try) and any(
        handler.type is None
        or any(getattr(each, "id", "") in MISSING for each in ast.walk(handler.type))
        for handler in node.handlers
    )


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a ``try`` statement tries."""
    for statement in getattr(node, "body", ()):
        yield from ast.walk(statement)
