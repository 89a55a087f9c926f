"""Which locales source text names where it calls functions that take one."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from jettison.project.source.comparisons import last_name


def locales_named(
    text: str, package: str, calls: Mapping[str, int], words: Collection[str]
) -> frozenset[str]:
    """Give the locales that calls name; an empty one where a call may be given any.

    ``calls`` has the position of the locale by the last part of a function's name; everywhere it
    may be given as ``locale=`` too. ``words`` choose a locale by other means. A call that leaves
    the locale out says nothing. A function of ``package`` that is handed on, as a filter of
    templates for example, or that has another name here, is called where nobody sees it.
    """
    if any(word in text for word in words):
        return frozenset({""})
    if not any(name in text for name in calls):
        return frozenset()
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return frozenset({""})
    if _handed_on(nodes, package, calls):
        return frozenset({""})
    return frozenset(
        name
        for node in nodes
        if isinstance(node, ast.Call) and last_name(node.func) in calls
        for name in _given(node, calls[last_name(node.func)])
    )


def _handed_on(nodes: Collection[ast.AST], package: str, calls: Collection[str]) -> bool:
    """Whether a function of the package is renamed, or named without being called."""
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and _within(node.module or "", package):
            if any(each.asname and each.name in calls for each in node.names):
                return True
            bound.update(each.asname or each.name for each in node.names)
            bound.update(calls if any(each.name == "*" for each in node.names) else ())
        elif isinstance(node, ast.Import):
            bound.update(
                each.asname or package for each in node.names if _within(each.name, package)
            )
    explained = {node.func for node in nodes if isinstance(node, ast.Call)}
    explained |= {node.value for node in nodes if isinstance(node, ast.Attribute)}
    return any(
        node not in explained and last_name(node) in calls and _root(node) in bound
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    )


def _within(module: str, package: str) -> bool:
    return module.partition(".")[0] == package


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _given(call: ast.Call, position: int) -> Iterator[str]:
    """The locale of one call: nothing when it is left out, empty when it is computed."""
    if any(isinstance(each, ast.Starred) for each in call.args):
        yield ""
    values = [keyword.value for keyword in call.keywords if keyword.arg in {None, "locale"}]
    for value in (*call.args[position : position + 1], *values):
        if not isinstance(value, ast.Constant):
            yield ""
        elif isinstance(value.value, str):
            yield value.value
