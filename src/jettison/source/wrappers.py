"""Programs that a function is given by its callers: ``def run(command, *words)``."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import asdict

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source import Call, Literal, ModuleFacts
from jettison.source.alternatives import alternatives
from jettison.source.conditions import last_name
from jettison.source.literals import HOLE, absolute, bindings, literal
from jettison.source.parse import visit
from jettison.source.resolve import NOTHING, Bound, begun_by, parameters_of
from jettison.source.tree import is_test
from jettison.values import python_tree, replace

# Functions that call others, one around the other.
_ROUNDS = 3
# A name that more files have is one of many things.
_FILES = 40
# What leaves a function callable as it is written.
_PLAIN = frozenset({"staticmethod", "classmethod", "contextmanager", "asynccontextmanager"})


class _Given(Struct):
    """What is given for a parameter; ``open`` where more may be, that nobody can see."""

    values: set[Literal] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    open: bool = False


def with_programs_given(
    modules: Iterable[ModuleFacts], read: Callable[[str], str | None], loaded: Collection[str]
) -> tuple[ModuleFacts, ...]:
    """Put what the project's own calls give in the place of parameters that begin a command.

    ``read`` gives the text of a file; tests count where production has ``loaded`` them.
    """
    modules = tuple(modules)
    own = [each.file for each in modules if each.file in loaded or not is_test(each.file)]
    found: dict[str, _Given] = {}
    callees = frozenset(name for group in asdict(table(Calls).programs).values() for name in group)
    asking = [c for each in modules for c in each.calls if c.parameter and c.callee in callees]
    wanted = {call.parameter for call in asking}
    for _ in range(_ROUNDS):
        new = wanted - found.keys()
        if not new:
            break
        found.update(_asked(new, own, read))
        wanted = {name for each in found.values() for name in each.others}
    files = {call.file for call in asking}
    return tuple(
        replace(each, calls=tuple(call for one in each.calls for call in _told(one, found)))
        if each.file in files
        else each
        for each in modules
    )


def _asked(
    parameters: Collection[str], files: Iterable[str], read: Callable[[str], str | None]
) -> dict[str, _Given]:
    """Look for every call of the functions."""
    found = {name: _Given() for name in parameters}
    functions = {name.partition(".")[0] for name in parameters}
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(functions)))})\b")
    texts = [text for file in files if (text := read(file)) is None or named.search(text)]
    try:
        trees = [python_tree(text or "(") for text in texts if len(texts) <= _FILES]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        trees = []
    walks = [list(ast.walk(tree)) for tree in trees]
    defined = [n for nodes in walks for n in nodes if isinstance(n, _DEFINITIONS)]
    places = [_Places(name, defined) for name in parameters]
    for tree, nodes in zip(trees, walks, strict=True):
        names = [node for node in nodes if isinstance(node, ast.Name | ast.Attribute)]
        for place in places:
            if not place.open:
                place.look(tree, names, found[place.parameter])
    for place in places:
        given = found[place.parameter]
        given.open |= place.open or not (given.values or given.others)
    return found


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Places:
    """Where a parameter of a function is given something."""

    def __init__(
        self, parameter: str, functions: Iterable[ast.FunctionDef | ast.AsyncFunctionDef]
    ) -> None:
        self.parameter = parameter
        self._function, _, self._name = parameter.partition(".")
        defined = [node for node in functions if node.name == self._function]
        self._signatures = [one for one in defined if self._name in parameters_of(one)]
        decorated = (last_name(each) for one in defined for each in one.decorator_list)
        # Without trees nothing is known, and there is no signature.
        self.open = len(self._signatures) != 1 or any(each not in _PLAIN for each in decorated)

    def look(
        self, tree: ast.Module, names: Iterable[ast.Name | ast.Attribute], given: _Given
    ) -> None:
        """Read the calls of one file, of which ``names`` are all names and attributes."""
        walk = visit(tree, frozenset({self._function}))
        aliases = dict(pair for node, _ in walk.imports for pair in bindings(node))
        called = [(call, scope) for name, call, scope in walk.calls if not _foreign(name, aliases)]
        explained = {id(call.func) for _, call, _ in walk.calls}
        self.open |= any(
            last_name(node) == self._function and id(node) not in explained for node in names
        )
        for call, scope in called if not self.open else ():
            bound = Bound(walk=walk, scope=scope, line=call.lineno)
            for expression in self._argument(call):
                self._read(expression, bound, given)

    def _argument(self, call: ast.Call) -> Iterator[ast.expr]:
        """The expression that a call gives; what it omits has a default, or is no call of this."""
        (function,) = self._signatures
        known = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if isinstance(call.func, ast.Attribute) and known[:1] in (["self"], ["cls"]):
            known = known[1:]
        if any(isinstance(each, ast.Starred) for each in call.args):
            yield NOTHING
        elif function.args.vararg and function.args.vararg.arg == self._name:
            yield ast.List(elts=call.args[len(known) :] or [NOTHING])
        elif self._name in known[: len(call.args)]:
            yield call.args[known.index(self._name)]
        yield from (
            each.value if each.arg else NOTHING
            for each in call.keywords
            if each.arg in (self._name, None)
        )

    def _read(self, expression: ast.expr, bound: Bound, given: _Given) -> None:
        for each in alternatives(expression, bound.values):
            value = literal(each, bound.likeliest)
            other = begun_by(each, bound)
            if _begins(value):
                given.values.add(value)
            elif other:
                given.others.add(other)
            else:
                given.open = True


def _foreign(name: str, aliases: Mapping[str, str]) -> bool:
    """Whether a call is of the standard library, as ``subprocess.run`` beside a ``run`` here."""
    return absolute(name, aliases).partition(".")[0] in sys.stdlib_module_names


def _begins(value: Literal) -> bool:
    """Whether a program can be read from what begins a command."""
    first = value[:1] if isinstance(value, tuple) else (value,)
    return bool(first) and isinstance(first[0], str) and not first[0].startswith(HOLE)


def _told(call: Call, found: Mapping[str, _Given]) -> Iterator[Call]:
    """A call with each thing that is given for its parameter, and as it is where more may be."""
    if call.parameter not in found:
        yield call
        return
    values, open_ = _everything(call.parameter, found, frozenset())
    if open_:
        yield call
    first = call.arguments[0] if call.arguments else None
    for value in sorted(values, key=str) if call.arguments else ():
        words = value if isinstance(value, tuple) else (value,)
        if isinstance(first, tuple):
            new: Literal = (*words, *first[1:])
        elif isinstance(first, str):
            new = first.replace(HOLE, " ".join(str(word or HOLE) for word in words), 1)
        else:
            new = value
        yield replace(call, arguments=(new, *call.arguments[1:]), parameter="")


def _everything(
    parameter: str, found: Mapping[str, _Given], seen: frozenset[str]
) -> tuple[set[Literal], bool]:
    given = found.get(parameter)
    if given is None or parameter in seen:
        return set(), given is None
    values, open_ = set(given.values), given.open
    for other in given.others:
        more, unsure = _everything(other, found, seen | {parameter})
        values |= more
        open_ |= unsure
    return values, open_
