"""The state of a walk over a syntax tree: what is still to be seen and what was noted."""

from __future__ import annotations

import ast
from functools import cache

from msgspec import Struct, field

from jettison.catalogue.reader import table

_WITHOUT_NODES = frozenset(
    {"arg", "asname", "attr", "cls", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs",
     "level", "module", "name", "names", "op", "ops", "rest", "simple", "tag", "type_comment",
     "type_params"}
)  # fmt: skip
_CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {}


class Scope(Struct, eq=False):
    """The circumstances of a subtree; ``tests`` are conditions with the side that is taken."""

    function: bool = False
    optional: bool = False
    typing_only: bool = False
    main_guard: bool = False
    tests: tuple[tuple[ast.expr, bool], ...] = ()

    def inside(
        self,
        *,
        function: bool = False,
        optional: bool = False,
        typing_only: bool = False,
        main_guard: bool = False,
        test: tuple[ast.expr, bool] | None = None,
    ) -> Scope:
        """Return the scope with more circumstances."""
        return Scope(
            function=self.function or function,
            optional=self.optional or optional,
            typing_only=self.typing_only or typing_only,
            main_guard=self.main_guard or main_guard,
            tests=(*self.tests, test) if test else self.tests,
        )


class Walk(Struct, eq=False):
    """What was noted, as nodes that are still to be read, and the ``stack`` of what is to be seen.

    A frame of the stack is a node, its scope, the name its statement assigns and its role (the
    nearest dictionary key, keyword or called name). ``watched`` are last components of names whose
    calls are noted. ``configurations`` says that classes are settings, of which a variable names
    one.
    """

    stack: list[tuple[ast.AST, Scope, str, str]] = field(default_factory=list)
    imports: list[tuple[ast.Import | ast.ImportFrom, Scope]] = field(default_factory=list)
    calls: list[tuple[str, ast.Call, Scope]] = field(default_factory=list)
    texts: list[tuple[str, int, str, str, Scope]] = field(default_factory=list)
    chains: dict[str, int] = field(default_factory=dict)
    reads: list[ast.Subscript] = field(default_factory=list)
    assigned: dict[str, list[tuple[int, ast.expr]]] = field(default_factory=dict)
    switches: list[tuple[str, ast.expr]] = field(default_factory=list)
    watched: frozenset[str] = frozenset()
    configurations: bool = False
    calls_seen: int = 0

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
def last_names() -> frozenset[str]:
    """Last components of the catalogued functions, which a call's name is tried against first."""
    catalogue = table("calls")
    groups = [
        *catalogue["programs"].values(),
        *catalogue["libraries"].values(),
        *catalogue["writes"].values(),
        *catalogue["zones"].values(),
        catalogue["other"]["names"],
        catalogue["environment"]["functions"],
        catalogue["environment"]["methods"],
        catalogue["environment"]["casts"],
    ]
    return frozenset(name.rpartition(".")[2] for group in groups for name in group)
