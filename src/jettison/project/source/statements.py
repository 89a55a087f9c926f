"""How statements change the circumstances of what is below them."""

from __future__ import annotations

import ast

from jettison.project.source.comparisons import is_development_value
from jettison.project.source.conditions import names_environment, speaks_of_environment
from jettison.project.source.names import dotted
from jettison.project.source.walk import Scope, Walk

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def see_import(
    walk: Walk, node: ast.Import | ast.ImportFrom, scope: Scope, _target: str, _role: str
) -> None:
    """Note an import statement."""
    walk.imports.append((node, scope))


def see_function(
    walk: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, _target: str, _role: str
) -> None:
    """See a body as run when called; decorators and defaults run where they stand."""
    walk.push_all(node.body, scope if scope.function else scope.inside(function=True))
    for decorator in node.decorator_list:
        walk.push(decorator, scope)
    walk.push(node.args, scope)
    walk.push(node.returns, scope)


def see_class(walk: Walk, node: ast.ClassDef, scope: Scope, target: str, role: str) -> None:
    """Settings for development are a class of their own where a variable chooses the class."""
    if walk.configurations and is_development_value(node.name):
        test = ast.parse(f"DJANGO_CONFIGURATION == {node.name!r}", mode="eval").body
        scope = scope.inside(test=(test, True))
    walk.descend(node, scope, target, role)


def see_if(walk: Walk, node: ast.If, scope: Scope, _target: str, _role: str) -> None:
    """Conditions of the environment become part of the scope of both branches."""
    then, other = branches(node.test, scope)
    walk.push(node.test, scope)
    walk.push_all(node.body, then)
    walk.push_all(node.orelse, other)


def branches(test: ast.expr, scope: Scope) -> tuple[Scope, Scope]:
    """Scopes of the two sides of a condition."""
    if isinstance(test, ast.Name | ast.Attribute):
        if dotted(test).rpartition(".")[2] == "TYPE_CHECKING":
            return scope.inside(typing_only=True), scope
    elif _is_main_guard(test):
        return scope.inside(main_guard=True), scope
    if speaks_of_environment(test):
        return scope.inside(test=(test, True)), scope.inside(test=(test, False))
    return scope, scope


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value=value)]):
            return value == "__main__"
        case ast.Compare(left=ast.Constant(value=value), comparators=[ast.Name(id="__name__")]):
            return value == "__main__"
        case _:
            return False


def see_try(
    walk: Walk, node: ast.Try | ast.TryStar, scope: Scope, _target: str, _role: str
) -> None:
    """Mark what is tried, and what stands in for it, as optional when ImportError is caught."""
    caught = any(_catches_missing(handler.type) for handler in node.handlers)
    tried = scope.inside(optional=True) if caught else scope
    walk.push_all(node.body, tried)
    for handler in node.handlers:
        walk.push_all(handler.body, tried if _catches_missing(handler.type) else scope)
    walk.push_all(node.orelse, scope)
    walk.push_all(node.finalbody, scope)


def _catches_missing(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(dotted(each).rpartition(".")[2] in _CAUGHT for each in kinds)


def see_with(
    walk: Walk, node: ast.With | ast.AsyncWith, scope: Scope, _target: str, _role: str
) -> None:
    """``with suppress(ImportError)`` makes its block optional."""
    inner = scope
    for entered in node.items:
        call = entered.context_expr
        walk.push(call, scope)
        if (
            isinstance(call, ast.Call)
            and dotted(call.func).rpartition(".")[2] == "suppress"
            and any(_catches_missing(argument) for argument in call.args)
        ):
            inner = scope.inside(optional=True)
    walk.push_all(node.body, inner)


def see_assignment(
    walk: Walk,
    node: ast.Assign | ast.AnnAssign | ast.AugAssign,
    scope: Scope,
    _target: str,
    _role: str,
) -> None:
    """Make the assigned name the target of every string in the value."""
    first = node.targets[0] if isinstance(node, ast.Assign) else node.target
    name = _assigned_name(first)
    if isinstance(node, ast.AnnAssign):
        walk.push(node.annotation, scope)
    if node.value is None:
        return
    if isinstance(first, ast.Name):
        walk.assigned.setdefault(name, []).append((node.lineno, node.value))
    if name and not scope.function and names_environment(name):
        walk.switches.append((name, node.value))
    walk.push(node.value, scope, name)


def _assigned_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def see_expression(walk: Walk, node: ast.Expr, scope: Scope, _target: str, _role: str) -> None:
    """See an expression unless it is a docstring."""
    if not isinstance(node.value, ast.Constant):
        walk.push(node.value, scope)
