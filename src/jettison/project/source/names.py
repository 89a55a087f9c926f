"""Names in a file made absolute through its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute chain; a call in it is written ``()``; empty for anything else."""
    parts: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=value, attr=attr):
                parts.append(attr)
                node = value
            case ast.Call(func=func):
                inner = dotted(func)
                return ".".join([f"{inner}()", *reversed(parts)]) if inner else ""
            case ast.Name(id=name):
                return ".".join([name, *reversed(parts)])
            case _:
                return ""


def absolute(name: str, aliases: Mapping[str, str]) -> str:
    """Replace the first part of a name by what that part was imported as."""
    head, _, tail = name.partition(".")
    called = head.endswith("()")
    origin = aliases.get(head.removesuffix("()"))
    if origin is None:
        return name
    origin = f"{origin}()" if called else origin
    return f"{origin}.{tail}" if tail else origin


def bindings(node: ast.Import | ast.ImportFrom) -> Iterable[tuple[str, str]]:
    """Local names that an import statement binds, with what each stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                head = alias.name.partition(".")[0]
                yield head, head
    elif node.level == 0:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
