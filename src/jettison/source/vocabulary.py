"""Words of a vocabulary and locales that source text names, found without parsing."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from jettison.source.conditions import last_name
from jettison.values import Origin


class LocaleFunctions(Struct, frozen=True, kw_only=True):
    """What a package offers that takes a locale, as the catalogue knows it.

    ``calls`` has the position of the locale by the last part of a function's name; everywhere it
    may be given by ``keyword`` too. ``words`` choose a locale by other means, and the first group
    of each of the expressions in ``named`` is one. ``others`` are modules from elsewhere, whose
    functions of the same names do not count.
    """

    package: str
    calls: Mapping[str, int]
    words: Collection[str] = ()
    keyword: str = "locale"
    named: Collection[str] = ()
    others: Collection[str] = ()


def locales_named(text: str, known: LocaleFunctions) -> frozenset[str]:
    """Give the locales that calls name; an empty one where a call may be given any.

    A call that leaves the locale out says nothing. A function of the package that is handed on, as
    a filter of templates for example, or that has another name here, is called where nobody sees
    it.
    """
    if any(word in text for word in known.words):
        return frozenset({""})
    named = {found for form in known.named for found in re.findall(form, text)}
    if not any(name in text for name in known.calls):
        return frozenset(named)
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset({""})
    if _handed_on(nodes, known):
        return frozenset({""})
    elsewhere = set(_bound(nodes, known.others))
    return frozenset(named).union(
        name
        for node in nodes
        if isinstance(node, ast.Call)
        and last_name(node.func) in known.calls
        and _root(node.func) not in elsewhere
        for name in _given(node, known)
    )


def _handed_on(nodes: Collection[ast.AST], known: LocaleFunctions) -> bool:
    """Whether a function of the package is renamed, or named without being called."""
    package = {known.package}
    bound = set(_bound(nodes, package))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and _within(node.module or "", package):
            if any(each.asname and each.name in known.calls for each in node.names):
                return True
            bound.update(known.calls if any(each.name == "*" for each in node.names) else ())
    explained = {node.func for node in nodes if isinstance(node, ast.Call)}
    explained |= {node.value for node in nodes if isinstance(node, ast.Attribute)}
    return any(
        node not in explained and last_name(node) in known.calls and _root(node) in bound
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    )


def _bound(nodes: Collection[ast.AST], modules: Collection[str]) -> Iterator[str]:
    """Give the names that imports of some modules, or out of them, bind here."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and not node.level:
            if _within(node.module or "", modules):
                yield from (each.asname or each.name for each in node.names)
        elif isinstance(node, ast.Import):
            for each in node.names:
                if _within(each.name, modules):
                    yield each.asname or each.name.partition(".")[0]


def _within(module: str, packages: Collection[str]) -> bool:
    return module.partition(".")[0] in packages


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _given(call: ast.Call, known: LocaleFunctions) -> Iterator[str]:
    """The locale of one call: nothing when it is left out, empty when it is computed."""
    if any(isinstance(each, ast.Starred) for each in call.args):
        yield ""
    position = known.calls[last_name(call.func)]
    values = [each.value for each in call.keywords if each.arg in {None, known.keyword}]
    for value in (*call.args[position : position + 1], *values):
        if not isinstance(value, ast.Constant):
            yield ""
        elif isinstance(value.value, str):
            yield value.value


LITERAL = re.compile(
    r"(?:service_name\s*=\s*|serviceName\s*=\s*)?[\"'](?P<text>[\w.-]+)[\"']\s*(?=[,)])"
)


def words_in(text: str, vocabulary: Collection[str], file: str) -> Mapping[str, Origin]:
    """Give the first place of each word that stands in a text, comments included."""
    if not vocabulary:
        return {}
    form = "|".join(re.escape(word) for word in sorted(vocabulary, key=len, reverse=True))
    found: dict[str, Origin] = {}
    for match in re.finditer(rf"(?<!\w)(?:{form})(?!\w)", text):
        line = text.count("\n", 0, match.start()) + 1
        found.setdefault(match[0], Origin(file=file, line=line))
    return found


def first_arguments(text: str, methods: Collection[str]) -> frozenset[str]:
    """Give the literal first arguments of calls of these names; empty text for a computed one.

    A call without arguments says nothing.
    """
    form = "|".join(re.escape(name) for name in methods)
    found: set[str] = set()
    for match in re.finditer(rf"(?<!\w)(?<!def )(?:{form})\(\s*(?=[^)\s])", text):
        given = LITERAL.match(text, match.end())
        found.add(given["text"] if given else "")
    return frozenset(found)
