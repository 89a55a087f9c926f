"""The facts of one Python file, also of one that is not valid for this Python."""

from __future__ import annotations

import ast
import platform
import re
import warnings
from collections.abc import Callable, Iterator

from jettison.source import COMMAND_LINE, RUN_MODULE, Import, ModuleFacts, Text
from jettison.source.alternatives import see_assignment, see_choice, see_loop, see_name
from jettison.source.literals import dotted, may_name, program_of, runners, with_roles
from jettison.source.resolve import FactReader
from jettison.source.statements import (
    GROWING,
    Scope,
    Walk,
    last_names,
    see_class,
    see_expression,
    see_function,
    see_if,
    see_import,
    see_lambda,
    see_try,
    see_with,
)
from jettison.values import Origin, Skipped, line_numbers, python_tree

# PEP 758, Python 3.14: `except A, B:`
_EXCEPT = re.compile(
    rb"^([ \t]*except\*?[ \t]+)([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)+)[ \t]*:", re.M
)
# PEP 695, Python 3.12: `type A = …`, `def f[T](…)`, `class C[T: Base[int]]:`
_TYPE = re.compile(rb"^([ \t]*)type[ \t]+(\w+)(?:\[[^\]\n]*\])?([ \t]*=)(?!=)", re.M)
_GENERIC = re.compile(
    rb"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)"
    rb"\[(?:[^\[\]\n]|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])*\](?=[ \t]*[(:])",
    re.M,
)


def in_older_words(content: bytes) -> bytes:
    """Give the source without syntax that Python 3.12 and 3.14 brought; lines keep their numbers.

    What looks like it inside a text is changed as well, which names nothing else than before.
    """
    content = _EXCEPT.sub(rb"\1(\2):", content)
    content = _TYPE.sub(rb"\1\2\3", content)
    return _GENERIC.sub(rb"\1", content)


_IMPORT = re.compile(
    rb"^[ \t]*import[ \t]+([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*)", re.M
)
_FROM = re.compile(rb"^[ \t]*from[ \t]++(\.*+)([A-Za-z_][\w.]*+)?[ \t]++import\b", re.M)
_QUOTED = re.compile(rb"""(["'])([A-Za-z_][A-Za-z0-9_.:+/-]{1,199})\1""")
_SETTING = re.compile(rb"^[ \t]*INSTALLED_APPS\b", re.M)
_LONGEST = 32 * 1024 * 1024
"""Bytes of a file that are looked at."""
_LARGEST_OF_TEXTS = 1024 * 1024
"""Bytes that are searched for texts: files of data have millions."""


def skim(file: str, content: bytes) -> Iterator[Import]:
    """Every line that looks like an import statement, whatever is around it."""
    content = content[:_LONGEST]
    line_of = line_numbers(content)
    for match in _IMPORT.finditer(content):
        line = line_of(match.start())
        for module in match[1].decode("ascii", "ignore").split(","):
            yield Import(file=file, line=line, module=module.strip())
    for match in _FROM.finditer(content):
        line = line_of(match.start())
        module = (match[2] or b"").decode("ascii", "ignore")
        yield Import(file=file, line=line, module=module, level=len(match[1]))


def skim_texts(file: str, content: bytes) -> Iterator[Text]:
    """Every quoted name that may be loaded: dotted ones, URLs, words beside Django's settings.

    What a text is assigned to is not seen, so that in a file of settings any word counts as an
    application: more is kept than is needed.
    """
    content = content[:_LARGEST_OF_TEXTS]
    target = "INSTALLED_APPS" if _SETTING.search(content) else ""
    line, place = 1, 0
    for match in _QUOTED.finditer(content):
        value = match[2].decode("ascii")
        line += content.count(b"\n", place, match.start())
        place = match.start()
        if may_name(value, target, ""):
            yield Text(file=file, line=line, value=value, target=target)


_LONGEST_EXPRESSION = 200
"""Characters; no module path or URL that matters is longer."""


def see_dictionary(walk: Walk, node: ast.Dict, scope: Scope, target: str, role: str) -> None:
    """Make a literal key the role of its value; the key itself names nothing."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            walk.push(value, scope, target, key.value if isinstance(key.value, str) else role)
        else:
            walk.push(key, scope)
            walk.push(value, scope, target, role)


def see_call(walk: Walk, node: ast.Call, scope: Scope, target: str, _role: str) -> None:
    """Note a catalogued function; the called name or the keyword is the role of an argument."""
    walk.calls_seen += 1
    func = node.func
    last = ""
    if isinstance(func, ast.Attribute):
        last = func.attr
    elif isinstance(func, ast.Name):
        last = func.id
    if last in walk.watched:
        walk.calls.append((dotted(func), node, scope))
    if last in runners() and node.args and (program := program_of(node.args[0])):
        walk.texts.append((program, node.lineno, "", COMMAND_LINE, scope))
    if last in GROWING and isinstance(func, ast.Attribute):
        walk.grown.add(dotted(func.value))
        target = target or _setting(func)
    walk.push(func, scope, target)
    for argument, role in with_roles(node.args, last):
        walk.push(argument, scope, target, role)
    for keyword in node.keywords:
        walk.push(keyword.value, scope, target, keyword.arg or "")


def _setting(func: ast.expr) -> str:
    """The setting whose list grows: ``INSTALLED_APPS.append("name")`` assigns to it too."""
    match func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)) if name.isupper():
            return name
        case _:
            return ""


def see_words(walk: Walk, node: ast.List, scope: Scope, target: str, role: str) -> None:
    """Note the elements, which may be the words of a command."""
    for element, own in with_roles(node.elts, role):
        walk.push(element, scope, target, own)


def see_constant(walk: Walk, node: ast.Constant, scope: Scope, target: str, role: str) -> None:
    """Note a text without spaces."""
    value = node.value
    if isinstance(value, str) and 1 < len(value) < _LONGEST_EXPRESSION and " " not in value:
        if value.startswith("-m") and len(value) > len("-m"):
            value, role = value.removeprefix("-m"), RUN_MODULE
        walk.texts.append((value, node.lineno, target, role, scope))


def see_formatted(walk: Walk, node: ast.JoinedStr, scope: Scope, target: str, role: str) -> None:
    """Note the literal beginning of a URL; the rest is seen as what it is."""
    for position, piece in enumerate(node.values):
        if isinstance(piece, ast.FormattedValue):
            walk.push(piece.value, scope, target, role)
        elif position == 0 and isinstance(piece, ast.Constant) and "://" in str(piece.value):
            walk.texts.append((str(piece.value), node.lineno, target, role, scope))


def see_attribute(walk: Walk, node: ast.Attribute, scope: Scope, target: str, role: str) -> None:
    """Note a chain of names; what is below anything else is seen."""
    name = dotted(node)
    if name and "(" not in name:
        walk.chains.setdefault(name, node.lineno)
    else:
        walk.push(node.value, scope, target, role)


def see_subscript(walk: Walk, node: ast.Subscript, scope: Scope, target: str, role: str) -> None:
    """Note ``os.environ["NAME"]``; a literal key names nothing else."""
    if isinstance(node.slice, ast.Constant):
        if dotted(node.value).rpartition(".")[2] == "environ":
            walk.reads.append(node)
        walk.push(node.value, scope, target, role)
    else:
        walk.descend(node, scope, target, role)


def see_nothing(_walk: Walk, _node: ast.AST, _scope: Scope, _target: str, _role: str) -> None:
    """Pass by what says nothing by itself: a name, an empty statement."""


_SEE: dict[type[ast.AST], Callable[..., None]] = {
    ast.Import: see_import,
    ast.ImportFrom: see_import,
    ast.FunctionDef: see_function,
    ast.AsyncFunctionDef: see_function,
    ast.ClassDef: see_class,
    ast.For: see_loop,
    ast.AsyncFor: see_loop,
    ast.comprehension: see_loop,
    ast.If: see_if,
    ast.Try: see_try,
    ast.TryStar: see_try,
    ast.With: see_with,
    ast.AsyncWith: see_with,
    ast.Assign: see_assignment,
    ast.AnnAssign: see_assignment,
    ast.AugAssign: see_assignment,
    ast.Expr: see_expression,
    ast.IfExp: see_choice,
    ast.Dict: see_dictionary,
    ast.Call: see_call,
    ast.List: see_words,
    ast.Tuple: see_words,
    ast.Constant: see_constant,
    ast.JoinedStr: see_formatted,
    ast.Attribute: see_attribute,
    ast.Subscript: see_subscript,
    ast.Lambda: see_lambda,
    ast.Name: see_name,
    ast.Pass: see_nothing,
    ast.Global: see_nothing,
    ast.Nonlocal: see_nothing,
}


def visit(tree: ast.Module, watched: frozenset[str] | None = None) -> Walk:
    """Note everything of interest below a module, in no particular order.

    Calls are those of catalogued names, or of the ``watched`` ones.
    """
    watched = _watched(tree) if watched is None else watched
    walk = Walk(watched=watched, configurations=_has_configurations(tree))
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


LARGEST = 1024 * 1024
"""Bytes; a larger file is generated, and its imports are read line by line.

The tree of a file takes up to 600 times its bytes.
"""


def parse(file: str, content: bytes) -> ModuleFacts:
    """Read one file; never raises: what is not valid Python has ``skipped`` set."""
    if len(content) > LARGEST:
        reason = f"it is larger than {LARGEST // 1024 // 1024} MiB, so only its imports were read"
        return _skimmed(file, content, reason, None)
    try:
        with warnings.catch_warnings():  # invalid escapes are the project's affair
            warnings.simplefilter("ignore")
            tree = _tree(content)
    except SyntaxError as error:
        version = ".".join(platform.python_version_tuple()[:2])
        reason = f"not valid for Python {version}, which runs Jettison: {error.msg}"
        return _skimmed(file, content, reason, error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = f"not readable as Python: {str(error) or type(error).__name__}"
        return _skimmed(file, content, reason, None)
    return FactReader(file, visit(tree)).facts()


def _tree(content: bytes) -> ast.Module:
    try:
        return python_tree(content)
    except SyntaxError:
        older = in_older_words(content)
        if older == content:
            raise
        try:
            return python_tree(older)
        except SyntaxError:
            pass
        raise


def _skimmed(file: str, content: bytes, reason: str, line: int | None) -> ModuleFacts:
    binary = b"\0" in content[:4096]
    skipped = Skipped(
        what=file,
        reason="it is binary, not Python source" if binary else reason,
        origin=Origin(file=file, line=line or None),
    )
    imports = () if binary else tuple(skim(file, content))
    texts = () if binary else tuple(skim_texts(file, content))
    return ModuleFacts(file=file, imports=imports, texts=texts, skipped=skipped)
