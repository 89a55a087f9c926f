"""One walk over a syntax tree that notes what may matter, as cheaply as the language allows.

The walk is a loop over a stack with one function per kind of node that needs care; everything
else passes its circumstances on to its children. Names are resolved and literals read afterwards
(``parse``), because an alias may be imported below its first use.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from jettison.project.source import expressions, statements
from jettison.project.source.walk import Scope, Walk, last_names

_SEE: dict[type[ast.AST], Callable[..., None]] = {
    ast.Import: statements.see_import,
    ast.ImportFrom: statements.see_import,
    ast.FunctionDef: statements.see_function,
    ast.AsyncFunctionDef: statements.see_function,
    ast.ClassDef: statements.see_class,
    ast.If: statements.see_if,
    ast.Try: statements.see_try,
    ast.TryStar: statements.see_try,
    ast.With: statements.see_with,
    ast.AsyncWith: statements.see_with,
    ast.Assign: statements.see_assignment,
    ast.AnnAssign: statements.see_assignment,
    ast.AugAssign: statements.see_assignment,
    ast.Expr: statements.see_expression,
    ast.IfExp: expressions.see_choice,
    ast.Dict: expressions.see_dictionary,
    ast.Call: expressions.see_call,
    ast.Constant: expressions.see_constant,
    ast.JoinedStr: expressions.see_formatted,
    ast.Attribute: expressions.see_attribute,
    ast.Subscript: expressions.see_subscript,
    ast.Name: expressions.see_nothing,
    ast.Pass: expressions.see_nothing,
    ast.Global: expressions.see_nothing,
    ast.Nonlocal: expressions.see_nothing,
}


def visit(tree: ast.Module) -> Walk:
    """Note everything of interest below a module, in no particular order."""
    walk = Walk(watched=_watched(tree), configurations=_has_configurations(tree))
    walk.push_all(tree.body, Scope())
    pop, see, descend = walk.stack.pop, _SEE.get, walk.descend
    stack = walk.stack
    while stack:
        node, scope, target, role = pop()
        special = see(node.__class__)
        if special is None:
            descend(node, scope, target, role)
        else:
            special(walk, node, scope, target, role)
    return walk


def _has_configurations(tree: ast.Module) -> bool:
    """Whether the classes of a module are settings to choose from (django-configurations)."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "configurations" for node in tree.body
    )


def _watched(tree: ast.Module) -> frozenset[str]:
    """Return the catalogued names, and what the module renames them to."""
    names = last_names()
    renamed = [
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in names
    ]
    return names.union(renamed) if renamed else names
