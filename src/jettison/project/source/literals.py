"""Constants out of syntax trees: what an argument is when it is written down."""

from __future__ import annotations

import ast
from collections.abc import Callable

from jettison.project.source.facts import Literal

HOLE = "{}"
"""What stands in a text for a part that is computed."""

_Lookup = Callable[[str], ast.expr | None]
_DEPTH = 8


def literal(node: ast.expr, lookup: _Lookup, depth: int = _DEPTH) -> Literal:
    """Read the constant that an expression is, with ``{}`` for each computed part of a text.

    ``lookup`` gives the expression last assigned to a local name. None means computed.
    """
    if depth == 0:
        return None
    match node:
        case ast.Constant(value=value):
            return value if isinstance(value, str | int | float) else None
        case ast.List() | ast.Tuple() | ast.Set():
            return tuple(_element(each, lookup, depth - 1) for each in node.elts)
        case ast.Attribute(value=ast.Name(id="sys"), attr="executable"):
            return "python"
        case _:
            return _computed(node, lookup, depth - 1)


def _computed(node: ast.expr, lookup: _Lookup, depth: int) -> Literal:
    match node:
        case ast.Name(id=name):
            assigned = lookup(name)
            return None if assigned is None else literal(assigned, lookup, depth)
        case ast.BinOp(op=ast.Add()):
            return _sum(node, lookup, depth)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return _path([left, right], lookup, depth)
        case ast.Call() if _makes_path(node.func):
            return _path(node.args, lookup, depth) if node.args else None
        case ast.Call():
            return _called(node, lookup, depth)
        case _:
            return _text(node, lookup, depth)


def _text(node: ast.expr, lookup: _Lookup, depth: int) -> Literal:
    match node:
        case ast.JoinedStr(values=values):
            return "".join(_piece(each, lookup, depth) for each in values)
        case ast.BinOp(op=ast.Mod(), left=left):
            text = literal(left, lookup, depth)
            return text.replace("%s", HOLE) if isinstance(text, str) else None
        case ast.IfExp(body=body):
            return literal(body, lookup, depth)
        case _:
            return None


def _piece(node: ast.expr, lookup: _Lookup, depth: int) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.FormattedValue):
        value = literal(node.value, lookup, depth)
        return value if isinstance(value, str) else HOLE
    return HOLE


def _element(node: ast.expr, lookup: _Lookup, depth: int) -> str | None:
    value = literal(node, lookup, depth)
    return value if isinstance(value, str) else None


def _sum(node: ast.BinOp, lookup: _Lookup, depth: int) -> Literal:
    left, right = literal(node.left, lookup, depth), literal(node.right, lookup, depth)
    if isinstance(left, tuple):
        return left + (right if isinstance(right, tuple) else (None,))
    if isinstance(left, str):
        return left + (right if isinstance(right, str) else HOLE)
    return None


def _makes_path(function: ast.expr) -> bool:
    """``Path(text)`` and ``os.path.join(text, …)``."""
    match function:
        case ast.Name(id="Path") | ast.Attribute(attr="Path"):
            return True
        case ast.Attribute(attr="join", value=ast.Attribute(attr="path")):
            return True
        case _:
            return False


def _path(parts: list[ast.expr], lookup: _Lookup, depth: int) -> Literal:
    """Join a path whose beginning is literal; computed parts behind it are holes."""
    first, *rest = (literal(part, lookup, depth) for part in parts)
    if not isinstance(first, str):
        return None
    return "/".join([first, *(part if isinstance(part, str) else HOLE for part in rest)])


def _called(node: ast.Call, lookup: _Lookup, depth: int) -> Literal:
    """``shlex.split(text)``, ``shutil.which(name)``, ``text.format(…)``, ``" ".join(words)``."""
    match node.func:
        case ast.Attribute(attr="split") | ast.Name(id="split") if node.args:
            text = literal(node.args[0], lookup, depth)
            return tuple(text.split()) if isinstance(text, str) else None
        case ast.Attribute(attr="which") | ast.Name(id="which") if node.args:
            return literal(node.args[0], lookup, depth)
        case ast.Attribute(attr="format", value=value):
            return literal(value, lookup, depth)
        case ast.Attribute(attr="join", value=ast.Constant(value=str())) if node.args:
            words = literal(node.args[0], lookup, depth)
            return " ".join(w or HOLE for w in words) if isinstance(words, tuple) else None
        case _:
            return None
