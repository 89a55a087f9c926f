"""The state of a walk over a syntax tree: what is still to be seen and what was noted."""

from __future__ import annotations

import ast
from functools import cache

from msgspec import Struct, field
from msgspec.structs import asdict

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.contents.attributes import MISSING
from jettison.source.conditions import (
    is_development_value,
    speaks_of_environment,
)
from jettison.source.literals import dotted
from jettison.values import python_expression

_WITHOUT_NODES = frozenset(
    {"arg", "asname", "attr", "cls", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs",
     "level", "module", "name", "names", "op", "ops", "rest", "simple", "tag", "type_comment",
     "type_params"}
)  # fmt: skip
_CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {}


Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope(Struct, eq=False):
    """The circumstances of a subtree; ``tests`` are conditions with the side that is taken.

    ``functions`` are those around it, the innermost last.
    """

    functions: tuple[Function, ...] = ()
    optional: bool = False
    typing_only: bool = False
    main_guard: bool = False
    tests: tuple[tuple[ast.expr, bool], ...] = ()

    def inside(
        self,
        *,
        function: Function | None = None,
        optional: bool = False,
        typing_only: bool = False,
        main_guard: bool = False,
        test: tuple[ast.expr, bool] | None = None,
    ) -> Scope:
        """Return the scope with more circumstances."""
        return Scope(
            functions=(*self.functions, function) if function else self.functions,
            optional=self.optional or optional,
            typing_only=self.typing_only or typing_only,
            main_guard=self.main_guard or main_guard,
            tests=(*self.tests, test) if test else self.tests,
        )


GROWING = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})


class Binding(Struct, eq=False):
    """A name that is given something: an expression, or None for what is not written down.

    ``function`` is the one that it is local to.
    """

    line: int
    column: int
    value: ast.expr | None
    function: Function | None


class Walk(Struct, eq=False):
    """What was noted, as nodes that are still to be read, and the ``stack`` of what is to be seen.

    A frame of the stack is a node, its scope, the name its statement assigns and its role (the
    nearest dictionary key, keyword or called name). ``grown`` are names whose lists or dictionaries
    get more than they are written down with. ``watched`` are last components of names whose
    calls are noted. ``configurations`` says that classes are settings, of which a variable names
    one.
    """

    stack: list[tuple[ast.AST, Scope, str, str]] = field(default_factory=list)
    imports: list[tuple[ast.Import | ast.ImportFrom, Scope]] = field(default_factory=list)
    calls: list[tuple[str, ast.Call, Scope]] = field(default_factory=list)
    texts: list[tuple[str, int, str, str, Scope]] = field(default_factory=list)
    chains: dict[str, int] = field(default_factory=dict)
    reads: list[ast.Subscript] = field(default_factory=list)
    assigned: dict[str, list[Binding]] = field(default_factory=dict)
    grown: set[str] = field(default_factory=set)
    switches: list[tuple[str, ast.expr]] = field(default_factory=list)
    watched: frozenset[str] = frozenset()
    configurations: bool = False
    calls_seen: int = 0

    def bind(self, name: ast.Name, value: ast.expr | None, scope: Scope) -> None:
        """Note what a name is given."""
        function = scope.functions[-1] if scope.functions else None
        found = Binding(line=name.lineno, column=name.col_offset, value=value, function=function)
        self.assigned.setdefault(name.id, []).append(found)

    def push(self, node: ast.AST | None, scope: Scope, target: str = "", role: str = "") -> None:
        """Have a node seen later."""
        if node is not None:
            self.stack.append((node, scope, target, role))

    def push_all(self, nodes: list[ast.stmt], scope: Scope) -> None:
        """Have the statements of a block seen later."""
        self.stack.extend((node, scope, "", "") for node in nodes)

    def descend(self, node: ast.AST, scope: Scope, target: str, role: str) -> None:
        """Have every child of a node seen in the node's own circumstances."""
        values, append, kind = node.__dict__, self.stack.append, node.__class__
        names = _CHILDREN.get(kind)
        if names is None:
            names = _CHILDREN[kind] = tuple(n for n in kind._fields if n not in _WITHOUT_NODES)
        for name in names:
            value = values.get(name)
            if value.__class__ is list:
                for each in value:
                    if isinstance(each, ast.AST):
                        append((each, scope, target, role))
            elif isinstance(value, ast.AST):
                append((value, scope, target, role))


@cache
def catalogued() -> frozenset[str]:
    """The functions whose calls are facts, by their absolute names."""
    catalogue = table(Calls)
    writes = catalogue.writes
    groups = [
        *asdict(catalogue.programs).values(),
        *asdict(catalogue.libraries).values(),
        *asdict(catalogue.zones).values(),
        writes.opened,
        writes.files,
        writes.logs,
        writes.folders,
        writes.targets,
        writes.downloads,
        catalogue.pickles.names,
        catalogue.loaders.names,
        catalogue.other.names,
    ]
    return frozenset(name for group in groups for name in group)


@cache
def last_names() -> frozenset[str]:
    """Last components of the functions and methods that a call's name is tried against first."""
    catalogue = table(Calls)
    groups = [
        catalogued(),
        *asdict(catalogue.writes).values(),
        catalogue.environment.functions,
        catalogue.environment.methods,
        catalogue.environment.casts,
    ]
    return frozenset(name.rpartition(".")[2] for group in groups for name in group)


def see_import(
    walk: Walk, node: ast.Import | ast.ImportFrom, scope: Scope, _target: str, _role: str
) -> None:
    """Note an import statement."""
    walk.imports.append((node, scope))


def see_function(
    walk: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, _target: str, _role: str
) -> None:
    """See a body as run when called; decorators and defaults run where they stand."""
    walk.push_all(node.body, scope.inside(function=node))
    for decorator in node.decorator_list:
        walk.push(decorator, scope)
    walk.push(node.args, scope)
    walk.push(node.returns, scope)


def see_lambda(walk: Walk, node: ast.Lambda, scope: Scope, target: str, role: str) -> None:
    """See the expression as run when called."""
    walk.push(node.args, scope)
    walk.push(node.body, scope.inside(function=node), target, role)


def see_class(walk: Walk, node: ast.ClassDef, scope: Scope, target: str, role: str) -> None:
    """Settings for development are a class of their own where a variable chooses the class."""
    if walk.configurations and is_development_value(node.name):
        test = python_expression(f"DJANGO_CONFIGURATION == {node.name!r}").body
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
    """Mark what is tried, and its substitute, as optional when ImportError is caught."""
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
    return any(dotted(each).rpartition(".")[2] in MISSING for each in kinds)


def see_with(
    walk: Walk, node: ast.With | ast.AsyncWith, scope: Scope, _target: str, _role: str
) -> None:
    """``with suppress(ImportError)`` makes its block optional."""
    inner = scope
    for entered in node.items:
        call = entered.context_expr
        walk.push(call, scope)
        walk.push(entered.optional_vars, scope)
        if (
            isinstance(call, ast.Call)
            and dotted(call.func).rpartition(".")[2] == "suppress"
            and any(_catches_missing(argument) for argument in call.args)
        ):
            inner = scope.inside(optional=True)
    walk.push_all(node.body, inner)


def see_expression(walk: Walk, node: ast.Expr, scope: Scope, _target: str, _role: str) -> None:
    """See an expression unless it is a docstring."""
    if not isinstance(node.value, ast.Constant):
        walk.push(node.value, scope)
