"""How expressions name programs, modules and URLs."""

from __future__ import annotations

import ast

from jettison.project.source.names import dotted
from jettison.project.source.statements import branches
from jettison.project.source.walk import Scope, Walk

_LONGEST = 200
"""Characters; no module path or URL that matters is longer."""
_ADDING = frozenset({"append", "extend", "insert"})


def see_choice(walk: Walk, node: ast.IfExp, scope: Scope, target: str, role: str) -> None:
    """``["toolbar"] if DEBUG else []``."""
    then, other = branches(node.test, scope)
    walk.push(node.test, scope)
    walk.push(node.body, then, target, role)
    walk.push(node.orelse, other, target, role)


def see_dictionary(walk: Walk, node: ast.Dict, scope: Scope, target: str, role: str) -> None:
    """Make a literal key the role of its value; the key itself names nothing."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            walk.push(value, scope, target, key.value if isinstance(key.value, str) else role)
        else:
            walk.push(key, scope)
            walk.push(value, scope, target, role)


def see_call(walk: Walk, node: ast.Call, scope: Scope, target: str, _role: str) -> None:
    """Note a catalogued function; the called name or the keyword is the role of an argument."""
    walk.calls_seen += 1
    func = node.func
    last = ""
    if isinstance(func, ast.Attribute):
        last = func.attr
    elif isinstance(func, ast.Name):
        last = func.id
    if last in walk.watched:
        walk.calls.append((dotted(func), node, scope))
    if last in _ADDING:
        target = target or _setting(func)
    walk.push(func, scope, target)
    for argument in node.args:
        walk.push(argument, scope, target, last)
    for keyword in node.keywords:
        walk.push(keyword.value, scope, target, keyword.arg or "")


def _setting(func: ast.expr) -> str:
    """The setting whose list grows: ``INSTALLED_APPS.append("name")`` assigns to it too."""
    match func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)) if name.isupper():
            return name
        case _:
            return ""


def see_constant(walk: Walk, node: ast.Constant, scope: Scope, target: str, role: str) -> None:
    """Note a text without spaces."""
    value = node.value
    if isinstance(value, str) and 1 < len(value) < _LONGEST and " " not in value:
        walk.texts.append((value, node.lineno, target, role, scope))


def see_formatted(walk: Walk, node: ast.JoinedStr, scope: Scope, target: str, role: str) -> None:
    """Note the literal beginning of a URL; the rest is seen as what it is."""
    for position, piece in enumerate(node.values):
        if isinstance(piece, ast.FormattedValue):
            walk.push(piece.value, scope, target, role)
        elif position == 0 and isinstance(piece, ast.Constant) and "://" in str(piece.value):
            walk.texts.append((str(piece.value), node.lineno, target, role, scope))


def see_attribute(walk: Walk, node: ast.Attribute, scope: Scope, target: str, role: str) -> None:
    """Note a chain of names; what is below anything else is seen."""
    name = dotted(node)
    if name and "(" not in name:
        walk.chains.setdefault(name, node.lineno)
    else:
        walk.push(node.value, scope, target, role)


def see_subscript(walk: Walk, node: ast.Subscript, scope: Scope, target: str, role: str) -> None:
    """Note ``os.environ["NAME"]``; a literal key names nothing else."""
    if isinstance(node.slice, ast.Constant):
        if dotted(node.value).rpartition(".")[2] == "environ":
            walk.reads.append(node)
        walk.push(node.value, scope, target, role)
    else:
        walk.descend(node, scope, target, role)


def see_nothing(_walk: Walk, _node: ast.AST, _scope: Scope, _target: str, _role: str) -> None:
    """Pass by what says nothing by itself: a name, an empty statement."""
