"""Which other modules a module names: by import statements, and by texts."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import LibraryModules, Loaders
from jettison.contents.attributes import attributes_asked, goes_on, inside, running
from jettison.values import python_tree

_TEXT = re.compile(rb"""["'](\.*[A-Za-z_]\w*(?:\.\w+)*)(?::[\w.]*)?["']""")
_STATEMENT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<from>[A-Za-z_][\w.]*)[ \t]+import[ \t]+(?P<names>[\w*, \t]+)"
    r"|import[ \t]+(?P<import>[A-Za-z_][\w.]*))",
    re.MULTILINE,
)
_NAME = re.compile(rb"(?<!\w)[A-Za-z_]\w*+(?:\.\w++)+")


class Import(Struct, frozen=True, kw_only=True):
    """``from`` ``level`` dots and ``module`` ``import`` ``names``.

    ``tried`` says that the importing module goes on without it.
    """

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    tried: bool = False


class Links(Struct, frozen=True, kw_only=True):
    """What one module names.

    ``texts`` are strings that may be dotted names, relative ones with dots in front. ``exports``
    are those of ``__all__``, which only ``from … import *`` loads. ``beginnings`` are packages out
    of which it imports by a name that is made at run time, relative ones with dots in front.
    ``computed`` is an import (or the reading of a package's file) of which not even the package is
    written down; empty when there is none. ``dynamic`` says that it imports by names given as text.
    ``programs`` are those that it starts by names that are written down. ``on_demand`` are imports
    in a ``__getattr__`` of the module, ``asked`` attributes of packages that have such ones, as
    ``package.attribute``; ``package.*`` where it may be any.
    """

    imports: tuple[Import, ...] = ()
    on_demand: tuple[Import, ...] = ()
    asked: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    exports: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()
    computed: str = ""
    dynamic: bool = False
    programs: frozenset[str] = frozenset()


_OF_VERSION = re.compile(r"(?:^|/)_*(?:git_?)?version\w*\.py$")


def programs_of(path: str, links: Links) -> frozenset[str]:
    """Give the programs that a distribution's module starts where it is installed."""
    known = table(Loaders)
    if path.endswith(known.for_people):
        return frozenset()
    return links.programs.difference(known.repositories if _OF_VERSION.search(path) else ())


def links_of(source: bytes) -> Links:
    """Read a module; one that is not valid Python names what its lines do, and all around it."""
    texts = Counter(found.decode("ascii", "ignore") for found in _TEXT.findall(source))
    tree = _parsed(source)
    if tree is None:
        why = "a module that this Python cannot parse"
        return Links(texts=frozenset(texts), computed=why, dynamic=True)
    nodes = list(running(tree))
    exports = Counter(name for node in nodes for name in _exported(node))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _loads(node)]
    origins = [_origin(call) for call in calls]
    late = {id(node) for one in nodes if _gives_attributes(one) for node in ast.walk(one)}
    tried = {id(node) for one in nodes if goes_on(one) for node in inside(one)}
    imports = [(node, one) for node in nodes for one in _imports(node, tried=id(node) in tried)]
    return Links(
        imports=tuple(one for node, one in imports if id(node) not in late),
        on_demand=tuple(one for node, one in imports if id(node) in late),
        asked=frozenset(
            f"{package}.{name}"
            for package in table(Loaders).on_demand
            if package.encode() in source
            for name in attributes_asked(package, nodes)
        ),
        texts=frozenset(texts - exports),
        exports=frozenset(exports),
        beginnings=frozenset(origin for origin in origins if origin),
        computed=next((_shown(c) for c, o in zip(calls, origins, strict=True) if o == ""), ""),
        dynamic=bool(calls),
        programs=frozenset(name for node in nodes for name in _started(node)),
    )


def _parsed(source: bytes) -> ast.Module | None:
    """Parse a module; None for what is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return python_tree(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def never_without(source: bytes) -> frozenset[str]:
    """Give the packages that a module imports at once, unless it says how it goes on without.

    What is not valid Python imports nothing.
    """
    tree = _parsed(source)
    waiting = list(tree.body) if tree else []
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        imports = _imports(node, tried=False)
        found.update(one.module.partition(".")[0] for one in imports if not one.level)
        if isinstance(node, (ast.With, ast.ClassDef)) or (
            isinstance(node, ast.Try) and not goes_on(node)
        ):
            waiting += node.body
    return frozenset(found)


def needed(links: Links) -> Iterator[Import]:
    """Give the imports of a module, but none for a terminal that it goes on without."""
    terminal = table(LibraryModules).at_a_terminal
    for imported in links.imports:
        if not (imported.tried and imported.module.partition(".")[0] in terminal):
            yield imported


def names_in(text: bytes) -> Iterator[str]:
    """Give the dotted names in a text that is not Python, such as settings."""
    for found in _NAME.findall(text):
        yield found.decode("ascii", "ignore")


def _imports(node: ast.AST, *, tried: bool) -> Iterable[Import]:
    if isinstance(node, ast.Import):
        return [Import(module=alias.name, tried=tried) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        return [Import(module=node.module or "", names=names, level=node.level, tried=tried)]
    if isinstance(node, ast.Call) and node.args:
        return _executed(node.args[0], tried=tried)
    return ()


def _executed(node: ast.expr, *, tried: bool) -> Iterator[Import]:
    """Give the imports of a text that a call may execute: ``exec("from module import *")``."""
    text = node.value if isinstance(node, ast.Constant) else ""
    for found in _STATEMENT.finditer(text) if isinstance(text, str) else ():
        names = tuple(re.findall(r"[\w*]+", found["names"] or ""))
        yield Import(module=found["from"] or found["import"], names=names, tried=tried)


def _gives_attributes(node: ast.AST) -> bool:
    """Whether a node is the ``__getattr__`` of a module."""
    return (
        isinstance(node, ast.FunctionDef)
        and node.name == "__getattr__"
        and len(node.args.args) == 1
    )


def _exported(node: ast.AST) -> Iterator[str]:
    """Give the texts that a statement puts into ``__all__``."""
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id="__all__"), value=value):
            pass
        case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
            pass
        case _:
            return
    for inner in ast.walk(value) if value else ():
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def _loads(call: ast.Call) -> bool:
    """Whether a call loads a module, or a file of a package, by its name."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    loaders = table(Loaders)
    if name in loaders.modules:
        return True
    owner = getattr(function, "value", None)
    origin = getattr(owner, "attr", getattr(owner, "id", ""))
    return name in loaders.resources and (owner is None or origin in loaders.resource_modules)


def _started(node: ast.AST) -> Iterator[str]:
    """Give the programs that a call starts or looks for, as far as they are written down."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in table(Loaders).starters:
        first = node.args[0]
        given = first.elts[:1] if isinstance(first, (ast.List, ast.Tuple)) else [first]
        for one in given:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield from one.value.split()[:1]


def _origin(call: ast.Call) -> str | None:
    """Give the package that a call takes from; None when its name is written down whole.

    ``.`` is the module's own package, the empty text one that is not known.
    """
    arguments = [*call.args, *(word.value for word in call.keywords if word.arg == "name")]
    if not arguments:
        return None
    name = arguments[0]
    if isinstance(name, ast.Constant):
        return None
    if getattr(name, "id", "") in {"__name__", "__package__", "__spec__"}:
        return "."
    beginning = _beginning(name)
    if not beginning.startswith("."):
        return beginning.rpartition(".")[0]
    package = call.args[1] if len(call.args) > 1 else None
    given = package.value if isinstance(package, ast.Constant) else None
    inner = beginning.rpartition(".")[0].lstrip(".")
    return ".".join(filter(None, [given, inner])) if isinstance(given, str) else f".{inner}"


def _beginning(node: ast.expr) -> str:
    """Give the literal text that a computed one begins with."""
    match node:
        case ast.Constant(value=value):
            found = str(value)
        case ast.JoinedStr(values=[ast.FormattedValue(value=first) | first, *_]):
            found = _beginning(first)
        case ast.BinOp(op=ast.Add(), left=left):
            found = _beginning(left)
        case ast.BinOp(op=ast.Mod(), left=left):
            found = _beginning(left).partition("%")[0]
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            found = _beginning(value).partition("{")[0]
        case ast.Name(id="__name__" | "__package__"):
            found = "."
        case _:
            found = ""
    return found


def _shown(call: ast.Call) -> str:
    return ast.unparse(call)[:100]


def on_demand(package: str) -> frozenset[str]:
    """Give the modules that a package is known to load when an attribute is read."""
    known = table(Loaders).on_demand.get(package)
    return frozenset(known.names if known else ())


def is_idle(package: str, path: str, wanted: str) -> bool:
    """Whether an import of a module by the file ``path`` is known to serve a package's tests."""
    known = table(Loaders).on_demand.get(package)
    part = wanted.removeprefix(f"{package}.").partition(".")[0]
    return known is not None and path in known.not_counting and part in known.names


def packages(package: str) -> Iterator[str]:
    """Give a package and those that it lies in, the innermost first."""
    while package:
        yield package
        package = package.rpartition(".")[0]


def relative(package: str, level: int, module: str) -> str:
    """Give the absolute name of a module from the package that ``level`` dots start from."""
    if not level:
        return module
    parts = package.split(".")
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)


def absolute(package: str, beginning: str) -> str:
    """Give the absolute name of a beginning, which has dots in front where it is relative."""
    inner = beginning.lstrip(".")
    level = len(beginning) - len(inner)
    return relative(package, level, inner)
