"""Constants and names out of syntax trees, and strings that may name a module or a URL."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source import COMMAND_LINE, RUN_MODULE, Literal

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


COMPUTED = ast.Constant(value=None)
"""What is not written down."""


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
    """``shlex.split(text)``, ``which(name)``, ``text.format(…)``, ``" ".join(words)``."""
    match node.func:
        case ast.Attribute(attr="split") | ast.Name(id="split") if node.args:
            text = literal(node.args[0], lookup, depth)
            return tuple(text.split()) if isinstance(text, str) else None
        case (
            ast.Attribute(attr="which" | "find_library") | ast.Name(id="which" | "find_library")
        ) if node.args:
            return literal(node.args[0], lookup, depth)
        case ast.Attribute(attr="format", value=value):
            return literal(value, lookup, depth)
        case ast.Attribute(attr="join", value=ast.Constant(value=str())) if node.args:
            words = literal(node.args[0], lookup, depth)
            return " ".join(w or HOLE for w in words) if isinstance(words, tuple) else None
        case _:
            return None


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


_COMMAND = re.compile(r"\s*([A-Za-z][\w.+-]*)\s+\S")


def program_of(argument: ast.expr) -> str:
    """The program with which a text for a shell begins, words behind it; empty for other texts."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0]
    value = argument.value if isinstance(argument, ast.Constant) else ""
    found = _COMMAND.match(value) if isinstance(value, str) else None
    return found[1] if found else ""


def with_roles(elements: list[ast.expr], role: str) -> Iterator[tuple[ast.expr, str]]:
    """Each of the words of what may be a command with its role: the one behind ``-m`` is run."""
    option = False
    for element in elements:
        yield element, RUN_MODULE if option else role
        option = isinstance(element, ast.Constant) and element.value == "-m"


_URL = re.compile(r"[A-Za-z][A-Za-z0-9]*(\+[A-Za-z0-9_]+)?://")
_DIALECT = re.compile(r"[a-z0-9]+\+[a-z][a-z0-9_]*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:[A-Za-z_]\w*(\(\))?)?\Z")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*:[A-Za-z_]\w*(\(\))?\Z")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")

# The module of a database may end as its files do: ``django.db.backends.sqlite3``.
_BACKEND = ".backends."


def may_name(value: str, target: str, role: str) -> bool:
    """Whether a string in this place is worth keeping."""
    if role == COMMAND_LINE:
        return True
    if role == RUN_MODULE:
        return _MODULE.match(value) is not None
    if "://" in value:
        return _URL.match(value) is not None and not value.startswith(("http:", "https:"))
    if _WORD.match(value):
        listed = role in word_roles() or target in word_roles()
        return listed or (target.isupper() and len(target) > 1)
    if _DOTTED.match(value):
        return value.rpartition(".")[2].lower() not in _endings() or _BACKEND in value
    return _ATTRIBUTE.match(value) is not None or _DIALECT.match(value) is not None


@cache
def word_roles() -> frozenset[str]:
    """Keywords, keys and called names beside which a single word can name a package."""
    return frozenset(table(Calls).texts.roles)


@cache
def runners() -> frozenset[str]:
    """Functions and methods whose first argument may be a command line."""
    return frozenset(table(Calls).texts.runners)


@cache
def _endings() -> frozenset[str]:
    return frozenset(table(Calls).texts.endings)
