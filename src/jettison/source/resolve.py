"""Facts out of what a walk noted: names made absolute, literals read, circumstances written out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source import (
    ALWAYS,
    Call,
    Circumstance,
    EnvironmentRead,
    Import,
    Literal,
    ModuleFacts,
    Reference,
    Switch,
    Text,
)
from jettison.source.alternatives import alternatives, is_none, table_of
from jettison.source.literals import absolute, bindings, literal, may_name
from jettison.source.statements import Binding, Function, Scope, Walk, catalogued

_LONGEST = 200
"""Characters; a longer expression is a table, not a switch."""


NOTHING = ast.Constant(value=None)


class Bound(Struct, frozen=True, kw_only=True):
    """What names stand for at a place."""

    walk: Walk
    scope: Scope
    line: int

    @property
    def function(self) -> Function | None:
        """The function around the place."""
        return self.scope.functions[-1] if self.scope.functions else None

    def likeliest(self, name: str) -> ast.expr | None:
        """The expression that a name was given last; None for what is computed."""
        return self.values(name)[0]

    def values(self, name: str) -> list[ast.expr | None]:
        """Everything that a name may have been given, the last first; None for what is computed."""
        return [None if self._grows(name, each) else each for each in self._given(name)]

    def _grows(self, name: str, value: ast.expr | None) -> bool:
        """Whether a table, or what a loop is over, gets more than is written down."""
        match value:
            case ast.Dict() | ast.Set():
                return name in self.walk.grown
            case ast.Starred() | ast.Subscript():
                table = table_of(value)
                return isinstance(table, ast.Name) and table.id in self.walk.grown
            case _:
                return False

    def _given(self, name: str) -> list[ast.expr | None]:
        found = self.walk.assigned.get(name, ())
        for function in (*reversed(self.scope.functions), None):
            own = [each for each in found if each.function is function]
            given = function is not None and name in parameters_of(function)
            if own or given:
                if function is self.function:
                    return self._reaching(own, function, given=given)
                return _all(own, given)
        return [None]

    def _reaching(
        self, own: Iterable[Binding], function: Function | None, *, given: bool
    ) -> list[ast.expr | None]:
        """What was given before, from the last time on that nothing stands around."""
        before = [each for each in own if each.line < self.line + _is_of_loop(each.value)]
        before.sort(key=lambda each: each.line)
        body = [] if function is None or isinstance(function, ast.Lambda) else function.body
        column = body[0].col_offset if body else 0
        plain = [n for n, each in enumerate(before) if each.value and each.column == column]
        if plain:
            before, given = before[plain[-1] :], False
        return _all(before, given)


def begun_by(node: ast.expr, bound: Bound) -> str:
    """The parameter that an expression begins with, as ``function.parameter``; empty for none."""
    while (inner := _beginning(node)) is not None:
        node = inner
    function = bound.function
    if not isinstance(node, ast.Name) or function is None or isinstance(function, ast.Lambda):
        return ""
    own = (each for each in bound.walk.assigned.get(node.id, ()) if each.function is function)
    known = node.id in parameters_of(function) and all(each.value for each in own)
    return f"{function.name}.{node.id}" if known else ""


def _beginning(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.Starred(value=first):
            return first
        case ast.BinOp(op=ast.Add(), left=first) | ast.JoinedStr(values=[first, *_]):
            return first
        case ast.FormattedValue(value=first) | ast.Attribute(value=first, attr=""):
            return first
        case ast.Call(func=ast.Name(id="list" | "tuple" | "str"), args=[first]):
            return first
        case _:
            return None


def _is_of_loop(value: ast.expr | None) -> bool:
    """Whether a name may be given its value on the line on which it is used."""
    return value is None or isinstance(value, ast.Starred | ast.Subscript)


def _all(own: Iterable[Binding], given: bool) -> list[ast.expr | None]:
    values = [each.value for each in own][::-1]
    return [*values, None] if given or not values else values


def parameters_of(function: Function) -> frozenset[str]:
    """Give the names of what a function is given."""
    known = function.args
    every = (*known.posonlyargs, *known.args, *known.kwonlyargs, known.vararg, known.kwarg)
    return frozenset(each.arg for each in every if each)


class FactReader:
    """Turns the notes of a walk into the facts of ``file``."""

    def __init__(self, file: str, walk: Walk) -> None:
        self._file = file
        self._walk = walk
        self._circumstances: dict[Scope, Circumstance] = {}
        self._aliases: dict[str, str] = {}
        for node, _ in walk.imports:
            self._aliases.update(bindings(node))

    def facts(self) -> ModuleFacts:
        """All facts, each kind in the order of lines."""
        calls = tuple(self._calls())
        return ModuleFacts(
            file=self._file,
            calls_seen=self._walk.calls_seen,
            imports=tuple(sorted([*self._imports(), *self._dynamic(calls)], key=_line)),
            texts=tuple(sorted(self._texts(), key=_line)),
            calls=tuple(sorted(calls, key=_line)),
            references=tuple(sorted(self._references(), key=_line)),
            environment=tuple(sorted(self._environment(), key=_line)),
            switches=tuple(sorted(self._switches(), key=_line)),
        )

    def _circumstance(self, scope: Scope) -> Circumstance:
        known = self._circumstances.get(scope)
        if known is None:
            plain = not (scope.optional or scope.typing_only or scope.main_guard)
            known = ALWAYS if plain and not scope.tests else _circumstance(scope)
            self._circumstances[scope] = known
        return known

    def _imports(self) -> Iterator[Import]:
        for node, scope in self._walk.imports:
            circumstance = self._circumstance(scope)
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(
                        file=self._file,
                        line=node.lineno,
                        module=alias.name,
                        circumstance=circumstance,
                    )
            else:
                yield Import(
                    file=self._file,
                    line=node.lineno,
                    module=node.module or "",
                    names=tuple(alias.name for alias in node.names),
                    level=node.level,
                    circumstance=circumstance,
                )

    def _dynamic(self, calls: Iterable[Call]) -> Iterator[Import]:
        for call in calls:
            last = call.callee.rpartition(".")[2]
            if last not in ("import_module", "__import__", "find_spec", "import_string"):
                continue
            name = call.arguments[0] if call.arguments else call.keyword("name")
            if not isinstance(name, str):
                continue
            module, _, computed = name.partition("{}")
            if computed or name.endswith("{}"):
                module = f"{module.rpartition('.')[0]}.*" if "." in module else ""
            level = len(module) - len(module.lstrip("."))
            if module.strip("."):
                yield Import(
                    file=self._file,
                    line=call.line,
                    module=module.lstrip("."),
                    level=level,
                    dynamic=True,
                    circumstance=call.circumstance,
                )

    def _texts(self) -> Iterator[Text]:
        seen: set[tuple[str, str, str]] = set()
        for value, line, target, role, scope in sorted(self._walk.texts, key=lambda t: t[1]):
            if not may_name(value, target, role):
                continue
            key = (value, target, role)
            if key in seen and not scope.tests:
                continue
            seen.add(key)
            yield Text(
                file=self._file,
                line=line,
                value=value,
                target=target,
                role=role,
                circumstance=self._circumstance(scope),
            )

    def _calls(self) -> Iterator[Call]:
        recorded = catalogued()
        for name, node, scope in self._walk.calls:
            callee = absolute(name, self._aliases)
            if callee in recorded or name in recorded or _is_method(name):
                yield from self._call(callee, node, scope)

    def _call(self, callee: str, node: ast.Call, scope: Scope) -> Iterator[Call]:
        """A call, once for each thing that its first argument may be."""
        bound = Bound(walk=self._walk, scope=scope, line=node.lineno)
        first, *others = [*node.args, *(each.value for each in node.keywords)] or [NOTHING]
        rest = [literal(each, bound.likeliest) for each in others]
        names = [each.arg for each in node.keywords]
        seen: set[Literal] = set()
        for each in alternatives(first, bound.values):
            if len(rest) == 0 and node.args and is_none(each):
                continue
            given = [literal(each, bound.likeliest), *rest]
            if given[0] in seen:
                continue
            seen.add(given[0])
            words = given[len(node.args) :]
            yield Call(
                file=self._file,
                line=node.lineno,
                callee=callee,
                arguments=tuple(given[: len(node.args)]),
                keywords=tuple(
                    (name, value) for name, value in zip(names, words, strict=False) if name
                ),
                circumstance=self._circumstance(scope),
                parameter=begun_by(each, bound),
            )

    def _references(self) -> Iterator[Reference]:
        seen: set[str] = set()
        for chain, line in self._walk.chains.items():
            name = absolute(chain, self._aliases)
            if chain.partition(".")[0] in self._aliases and name not in seen:
                seen.add(name)
                yield Reference(file=self._file, line=line, name=name)

    def _environment(self) -> Iterator[EnvironmentRead]:
        catalogue = table(Calls).environment
        for node in self._walk.reads:
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                yield EnvironmentRead(file=self._file, line=node.lineno, name=node.slice.value)
        for name, call, scope in self._walk.calls:
            reads = absolute(name, self._aliases) in catalogue.functions
            if not reads and name.partition(".")[0] not in catalogue.methods:
                continue
            bound = Bound(walk=self._walk, scope=scope, line=call.lineno)
            first = literal(call.args[0], bound.likeliest) if call.args else None
            if isinstance(first, str) and (reads or first.isupper()):
                yield EnvironmentRead(file=self._file, line=call.lineno, name=first)

    def _switches(self) -> Iterator[Switch]:
        for name, value in self._walk.switches:
            expression = ast.unparse(value)
            if len(expression) < _LONGEST:
                yield Switch(file=self._file, line=value.lineno, name=name, expression=expression)


def _circumstance(scope: Scope) -> Circumstance:
    parts = [
        ast.unparse(test) if taken else f"not ({ast.unparse(test)})" for test, taken in scope.tests
    ]
    condition = parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)
    return Circumstance(
        optional=scope.optional,
        typing_only=scope.typing_only,
        main_guard=scope.main_guard,
        condition=condition if parts else "",
    )


def _line(fact: Import | Text | Call | Reference | EnvironmentRead | Switch) -> int:
    return fact.line


def _is_method(name: str) -> bool:
    """Whether a call is one of a method that writes, of whatever object."""
    receiver, _, method = name.rpartition(".")
    return bool(receiver) and method in _writing_methods()


@cache
def _writing_methods() -> frozenset[str]:
    writes = table(Calls).writes
    return frozenset((*writes.methods, *writes.savers))
