"""What names are given, and everything that an expression may be, as far as it is written down."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from jettison.source.conditions import names_environment
from jettison.source.literals import COMPUTED, dotted
from jettison.source.statements import Scope, Walk, branches

_MOST = 16
"""Things that one expression may be; one of more counts as computed."""
_LONGEST = 200
"""Words of a command; a longer list is none."""
_DEPTH = 6
_Values = Callable[[str], Iterable[ast.expr | None]]
_Within = Callable[[ast.expr], Iterable[ast.expr]]


def alternatives(node: ast.expr, values: _Values) -> list[ast.expr]:
    """Every expression that another may be: what begins it is distinguished.

    ``values`` gives what a name may stand for, None for what is computed. A starred expression is
    any element of what is starred: a loop gives it to a name.
    """
    found = list(islice(_alternatives(node, values), _MOST + 1))
    return found if len(found) <= _MOST else [COMPUTED]


def is_none(node: ast.expr) -> bool:
    """Whether ``None`` is written down."""
    return isinstance(node, ast.Constant) and node.value is None and node is not COMPUTED


def _alternatives(node: ast.expr, values: _Values, depth: int = _DEPTH) -> Iterator[ast.expr]:
    if depth == 0:
        yield node
        return
    within = partial(_alternatives, values=values, depth=depth - 1)
    match node:
        case ast.Name(id=name):
            for value in values(name):
                yield from within(value) if value else (_opaque(name),)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*within(body), *within(orelse))
        case ast.BoolOp(op=ast.Or(), values=each):
            yield from (one for value in each for one in within(value))
        case ast.List(elts=words) | ast.Tuple(elts=words) if len(words) <= _LONGEST:
            yield from _beginnings(node, within)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield from (ast.BinOp(left=one, op=ast.Add(), right=right) for one in within(left))
        case _:
            yield from _taken_out(node, within)


def _beginnings(node: ast.List | ast.Tuple, within: _Within) -> Iterator[ast.expr]:
    """A list with everything that its first element may be."""
    match node.elts:
        case [ast.Starred(value=first), *rest]:
            for one in within(first):
                words = one.elts if isinstance(one, ast.List | ast.Tuple) else [COMPUTED]
                yield ast.List(elts=[*words, *rest])
        case [first, *rest]:
            yield from (ast.List(elts=[one, *rest]) for one in within(first))
        case _:
            yield node


def _taken_out(node: ast.expr, within: _Within) -> Iterator[ast.expr]:
    """What is taken out of a list or a dictionary, by a loop, a key or a place."""
    match node:
        case ast.Starred(value=iterable):
            yield from (one for each in _elements(iterable, within) for one in within(each))
        case ast.Subscript(value=known, slice=ast.Constant(value=int(place))) if _is_of_loop(known):
            for each in within(known):
                words = each.elts if isinstance(each, ast.List | ast.Tuple) else []
                yield from within(words[place]) if place < len(words) else (COMPUTED,)
        case ast.Subscript(value=ast.Name() as known):
            yield from _entries(known, within) or (node,)
        case ast.Call(func=ast.Attribute(value=ast.Name() as known, attr="get"), args=[_, *other]):
            found = _entries(known, within)
            others = (one for each in other for one in within(each))
            yield from (*found, *others) if found else (node,)
        case _:
            yield node


def _is_of_loop(node: ast.expr) -> bool:
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Starred)


def table_of(node: ast.expr) -> ast.expr:
    """The list or the dictionary that an element is taken out of, or the name of it."""
    while True:
        match node:
            case ast.Starred(value=inner) | ast.Subscript(value=inner) | ast.Attribute(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Call(args=[inner, *_]):
                node = inner
            case _:
                return node


_SAME_ELEMENTS = frozenset({"sorted", "reversed", "list", "tuple", "set", "frozenset"})


def _elements(node: ast.expr, within: _Within) -> Iterator[ast.expr]:
    """What a loop over an expression gives, each element as it is written down."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _SAME_ELEMENTS:
            yield from _elements(first, within)
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]):
            yield from (ast.Tuple(elts=[COMPUTED, each]) for each in _elements(first, within))
        case ast.Call(func=ast.Attribute(value=known, attr="keys" | "values" | "items" as part)):
            yield from (one for each in within(known) for one in _of_dictionary(each, part))
        case ast.List() | ast.Tuple() | ast.Set():
            yield from _looped_over(node)
        case ast.Name():
            yield from (one for each in within(node) for one in _looped_over(each))
        case _:
            yield from _of_dictionary(node, "keys")


def _looped_over(node: ast.expr) -> Iterable[ast.expr]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts if 0 < len(node.elts) <= _MOST else (COMPUTED,)
    return _of_dictionary(node, "keys")


def _of_dictionary(node: ast.expr, part: str) -> Iterable[ast.expr]:
    """The keys, the values or pairs of both of a dictionary that is written down."""
    if not isinstance(node, ast.Dict) or not 0 < len(node.keys) <= _MOST:
        return (COMPUTED,)
    keys = [key or COMPUTED for key in node.keys]
    if part == "items":
        return [ast.Tuple(elts=[*pair]) for pair in zip(keys, node.values, strict=True)]
    return keys if part == "keys" else node.values


def _entries(known: ast.Name, within: _Within) -> list[ast.expr]:
    """The values of the dictionary or list that a name stands for; none where others may be."""
    tables = [_looked_up(each) for each in islice(within(known), _MOST + 1)]
    words = (word for values in tables for word in values)
    return (
        list(islice((one for word in words for one in within(word)), _MOST + 1))
        if all(tables)
        else []
    )


def _looked_up(node: ast.expr) -> list[ast.expr]:
    """The values of a table that is written down, of as many as are looked at."""
    if isinstance(node, ast.Dict) and len(node.keys) <= _MOST and all(node.keys):
        return node.values
    return node.elts if isinstance(node, ast.List | ast.Tuple) and len(node.elts) <= _MOST else []


def _opaque(name: str) -> ast.expr:
    """What a name stands for where that is not written down."""
    return ast.Attribute(value=ast.Name(id=name), attr="")


def see_name(walk: Walk, node: ast.Name, scope: Scope, _target: str, _role: str) -> None:
    """Note a name that a loop, a ``with`` statement or the like gives something."""
    if node.ctx.__class__ is ast.Store:
        walk.bind(node, None, scope)


def see_loop(
    walk: Walk,
    node: ast.For | ast.AsyncFor | ast.comprehension,
    scope: Scope,
    target: str,
    role: str,
) -> None:
    """Note that names are given each element of an expression, or a part of each."""
    _bind_parts(walk, node.target, ast.Starred(value=node.iter), scope)
    walk.push(node.iter, scope, target, role)
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            walk.push(test, scope, target, role)
    else:
        walk.push_all([*node.body, *node.orelse], scope)


def _bind_parts(walk: Walk, target: ast.expr, value: ast.expr, scope: Scope) -> None:
    match target:
        case ast.Name() as name:
            walk.bind(name, value, scope)
        case ast.Tuple(elts=parts):
            for place, part in enumerate(parts):
                taken = ast.Subscript(value=value, slice=ast.Constant(value=place))
                _bind_parts(walk, part, taken, scope)
        case _:
            walk.push(target, scope)


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
        if isinstance(node, ast.AugAssign):
            walk.grown.add(first.id)
        else:
            walk.bind(first, node.value, scope)
    else:
        if isinstance(first, ast.Subscript):
            walk.grown.add(dotted(first.value))
        walk.push(first, scope)
    if name and not scope.functions and names_environment(name):
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


def see_choice(walk: Walk, node: ast.IfExp, scope: Scope, target: str, role: str) -> None:
    """``["toolbar"] if DEBUG else []``."""
    then, other = branches(node.test, scope)
    walk.push(node.test, scope)
    walk.push(node.body, then, target, role)
    walk.push(node.orelse, other, target, role)
