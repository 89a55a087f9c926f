"""What follows from Requires-Dist: what is kept needs its own requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from packaging.utils import canonicalize_name

from jettison.index.graph import RequirementGraph
from jettison.lift.scopes import Scope, Signal, Weight
from jettison.lift.scopes.context import Context, Owners, toward_development, toward_runtime
from jettison.lift.scopes.remarks import hosts_helped
from jettison.lift.scopes.tools import category_of, host_of
from jettison.source import Import
from jettison.values import replace


def undeclared(context: Context, graph: RequirementGraph) -> dict[str, Import]:
    """Distributions that declared ones bring and production imports, each with an import.

    It is the first that has to succeed, or else the first.

    Only those whose import names are known count, and a module that a declared distribution has as
    well is taken to be that one's.
    """
    declared = frozenset(context.names)
    brought = {child for children in graph.edges.values() for child in children} - declared
    known = [name for name in sorted(brought) if (f := context.facts(name)) and f.import_names]
    owners = Owners(known, context.inputs.distributions)
    found: dict[str, Import] = {}
    for imports in context.inputs.reach.externals.values():
        for imported in imports:
            if not context.owners.of_import(imported.module, imported.names):
                for name in owners.of_import(imported.module, imported.names):
                    if found.setdefault(name, imported).circumstance.optional:
                        found[name] = imported
    return found


# Frozen lists of public applications declare two thirds, written ones at most one third (2026-11).
_FROZEN = 0.5
_STAYS = (Scope.RUNTIME, Scope.UNUSED, Scope.UNKNOWN)


# Code of other distributions loads it without requiring it.
_NEVER_ALONE = frozenset({"setuptools"})


def close(
    context: Context, scopes: Mapping[str, Scope], helpers: Collection[str] = ()
) -> Iterator[tuple[str, Scope, Signal]]:
    """Give the verdicts that change, each with its signal; ``helpers`` only help others.

    What a runtime requirement brings is runtime. In a frozen list, what nothing names and only
    development requirements bring is development, and in any list what documentation tools and
    linters bring, provided that the facts of all that stays are known. What stays for want of
    evidence keeps what it brings from becoming development. What production imports without
    declaring it comes with whatever brings it: when only development requirements do, one stays.
    """
    graph = _noted(context)
    current = dict(scopes)
    for name, signal in _extensions(context, current):
        current[name] = Scope.RUNTIME
        yield name, Scope.RUNTIME, signal
    if graph is None:
        return
    for name, parent in _brought(graph, _named(current, Scope.RUNTIME), again=True):
        if name in current:
            current[name] = Scope.RUNTIME
            yield name, Scope.RUNTIME, _pin(name, parent)
    yield from _only_for_development(context, graph, current)
    yield from _help_what_leaves(context, graph, current, helpers)
    for name, signal in _bring_imported(context, graph, current):
        current[name] = Scope.RUNTIME
        yield name, Scope.RUNTIME, signal
    staying = [name for name, scope in current.items() if scope in _STAYS]
    for name, parent in _brought(graph, staying):
        if current.get(name) is Scope.DEVELOPMENT:
            current[name] = Scope.RUNTIME
            yield name, Scope.RUNTIME, _pin(name, parent)


def _extensions(context: Context, current: Mapping[str, Scope]) -> Iterator[tuple[str, Signal]]:
    """Extensions of a tool that stays, declared beside it: who runs the tool runs them too."""
    groups = {each.name: each.group for each in context.inputs.declared}
    for name in _named(current, Scope.DEVELOPMENT):
        host = host_of(context, name)
        if current.get(host) is Scope.RUNTIME and groups[host] == groups[name]:
            message = f"it extends {host}, which stays"
            yield name, toward_runtime(name, Weight.STRONG, "plugin", message, None)


def _bring_imported(
    context: Context, graph: RequirementGraph, current: Mapping[str, Scope]
) -> Iterator[tuple[str, Signal]]:
    staying = [name for name, scope in current.items() if scope in _STAYS]
    there = {*staying, *(name for name, _ in _brought(graph, staying))}
    for brought, imported in undeclared(context, graph).items():
        if brought in there:
            continue
        for name in _named(current, Scope.DEVELOPMENT):
            below = {child for child, _ in _brought(graph, [name])}
            if brought in below:
                message = f"{imported.file} imports {imported.module}, which only {name} brings"
                kind = "optional-import" if imported.circumstance.optional else "import"
                yield name, toward_runtime(name, Weight.STRONG, kind, message, imported.origin)
                there |= {name, *below}
                break


def _noted(context: Context) -> RequirementGraph | None:
    """The graph with what a lock tool noted in its file: `# via` names who requires a line."""
    graph = context.inputs.graph
    if graph is None:
        return None
    edges = dict(graph.edges)
    for each in context.inputs.declared:
        for parent in each.via:
            name = canonicalize_name(parent)
            if each.name not in edges.get(name, ()):
                edges[name] = (*edges.get(name, ()), each.name)
    return replace(graph, edges=edges)


def _is_frozen(context: Context, graph: RequirementGraph) -> bool:
    """Whether a list also declares most of what its requirements bring, as ``pip freeze`` does.

    In any other list a person wrote each line for a reason, which need not be seen in the source:
    a server that a deployment starts, an optional helper of something that stays.
    """
    if any(each.via for each in context.inputs.declared):
        return True
    brought = {child for name in context.names for child in graph.edges.get(name, ())}
    return len(brought.intersection(context.names)) >= _FROZEN * len(brought)


def _only_for_development(
    context: Context, graph: RequirementGraph, current: dict[str, Scope]
) -> Iterator[tuple[str, Scope, Signal]]:
    runtime = _named(current, Scope.RUNTIME)
    known = [*runtime, *(name for name, _ in _brought(graph, runtime))]
    partly = any(context.facts(name) is None for name in known)
    frozen = _is_frozen(context, graph)
    noted = {
        each.name: frozenset(map(canonicalize_name, each.via))
        for each in context.inputs.declared
        if each.via
    }
    for name, parent in _brought(graph, _named(current, Scope.DEVELOPMENT)):
        # What reads text or code alone stands beside its library, which nothing else runs.
        reads = parent in context.names and category_of(parent) in ("documentation", "linting")
        unused = current.get(name) is Scope.UNUSED and name not in _NEVER_ALONE
        # What an unknown distribution requires is known where a lock tool noted who requires this.
        parents = noted.get(name, frozenset())
        told = parents and all(current.get(one) is Scope.DEVELOPMENT for one in parents)
        if unused and (frozen or reads) and (told or not partly):
            current[name] = Scope.DEVELOPMENT
            message = f"{parent}, a development requirement, brings it, and nothing else does"
            signal = toward_development(name, Weight.FAINT, "requires", message, None)
            yield name, Scope.DEVELOPMENT, signal


def _help_what_leaves(
    context: Context, graph: RequirementGraph, current: dict[str, Scope], helpers: Collection[str]
) -> Iterator[tuple[str, Scope, Signal]]:
    """Optional helpers in a frozen list whose hosts are all for development."""
    staying = [name for name, scope in current.items() if scope in _STAYS]
    there = {*staying, *(name for name, _ in _brought(graph, staying))}
    for name in helpers if _is_frozen(context, graph) else ():
        hosts = hosts_helped(context, name)
        if current[name] is Scope.RUNTIME and hosts and there.isdisjoint(hosts):
            current[name] = Scope.DEVELOPMENT
            message = f"it only helps {hosts[0]}, which production does without"
            signal = toward_development(name, Weight.FAIR, "feature", message, None)
            yield name, Scope.DEVELOPMENT, signal


def _named(scopes: Mapping[str, Scope], scope: Scope) -> list[str]:
    return [name for name, each in scopes.items() if each is scope]


def _pin(name: str, parent: str) -> Signal:
    message = f"{parent} requires {name}; this line pins it"
    return toward_runtime(name, Weight.STRONG, "requires", message, None)


def _brought(
    graph: RequirementGraph, roots: Collection[str], *, again: bool = False
) -> Iterator[tuple[str, str]]:
    """Names below the roots with the distribution that requires each, nearest first.

    With ``again`` a root that another root requires is among them.
    """
    seen = set() if again else set(roots)
    level = list(roots)
    while level:
        following: list[str] = []
        for parent in level:
            for child in graph.edges.get(parent, ()):
                if child not in seen:
                    seen.add(child)
                    following.append(child)
                    yield child, parent
        level = following
