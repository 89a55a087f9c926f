"""What follows from Requires-Dist: what is kept needs its own requirements."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.packaging import Needs, RequirementFiles
from jettison.index.graph import RequirementGraph
from jettison.lift.scopes import Scope, Signal, Weight
from jettison.lift.scopes.context import Context, Owners, toward_development, toward_runtime
from jettison.lift.scopes.remarks import hosts_helped
from jettison.lift.scopes.tools import category_of, host_of
from jettison.source import Import
from jettison.values import Toward, replace


def undeclared(context: Context, graph: RequirementGraph) -> dict[str, Import]:
    """Distributions that declared ones bring and production imports, each with an import.

    It is the first that has to succeed, or else the first.

    Only those whose import names are known count, and a module that a declared distribution has as
    well is taken to be that one's.
    """
    declared = context.declared
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
# The share of what stays that may be unknown.
_UNKNOWN = 0.05
_STAYS = (Scope.RUNTIME, Scope.UNUSED, Scope.UNKNOWN)


# Code of other distributions loads these without requiring them; the latter in written lists.
_NEVER_ALONE = frozenset({"setuptools"})
_NEVER_ALONE_WRITTEN = frozenset({"packaging"})


def close(
    context: Context,
    scopes: Mapping[str, Scope],
    helpers: Collection[str] = (),
    possible: Collection[str] = (),
    imported: Collection[str] = (),
) -> Iterator[tuple[str, Scope, Signal]]:
    """Give the verdicts that change, each with its signal.

    ``helpers`` only help others; imports are all that speaks for the ``imported`` ones.
    For the ``possible`` ones, all that speaks for production is that a distribution could take
    them along: in a frozen list, that a development requirement brings one is reason enough.

    What a runtime requirement brings is runtime. In a frozen list, what nothing names and only
    development requirements bring is development, and in any list what documentation tools and
    linters bring, provided that the facts of all that stays are known. What stays for want of
    evidence keeps what it brings from becoming development. What production imports without
    declaring it comes with whatever brings it: when only development requirements do, one stays.
    """
    graph = _noted(context)
    current = dict(scopes)
    for name, signal in _extensions(context, current, imported):
        current[name] = Scope.RUNTIME
        yield name, Scope.RUNTIME, signal
    if graph is None:
        return
    open_to_doubt = set(possible) if _is_frozen(context, graph) else set()
    for name, signal in _pinned(graph, current, open_to_doubt):
        open_to_doubt.discard(name)
        current[name] = Scope.RUNTIME
        yield name, Scope.RUNTIME, signal
    yield from _only_for_development(context, graph, current, open_to_doubt)
    for name, signal in _pinned(graph, current) if open_to_doubt else ():
        if current[name] is not Scope.RUNTIME:
            current[name] = Scope.RUNTIME
            yield name, Scope.RUNTIME, signal
    yield from _help_what_leaves(context, graph, current, helpers)
    for name, signal in _bring_imported(context, graph, current):
        current[name] = Scope.RUNTIME
        yield name, Scope.RUNTIME, signal
    staying = [name for name, scope in current.items() if scope in _STAYS]
    for name, parent in _brought(graph, staying):
        if current.get(name) is Scope.DEVELOPMENT:
            current[name] = Scope.RUNTIME
            yield name, Scope.RUNTIME, _pin(name, parent)


def _pinned(
    graph: RequirementGraph, current: Mapping[str, Scope], but: Collection[str] = ()
) -> Iterator[tuple[str, Signal]]:
    """What runtime requirements bring, those in ``but`` apart."""
    runtime = [name for name in _named(current, Scope.RUNTIME) if name not in but]
    for name, parent in tuple(_brought(graph, runtime, again=True)):
        if name in current:
            yield name, _pin(name, parent)


def _extensions(
    context: Context, current: Mapping[str, Scope], imported: Collection[str]
) -> Iterator[tuple[str, Signal]]:
    """Extensions of a tool that stays, declared beside it: who runs the tool runs them too.

    A tool for tests or linting that the application imports and nowhere runs loads none of them.
    """
    groups = {each.name: each.group for each in context.inputs.declared}
    for name in _named(current, Scope.DEVELOPMENT):
        host = host_of(context, name)
        if host in imported and category_of(host) != "documentation" and not context.runs(host):
            continue
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
    context: Context,
    graph: RequirementGraph,
    current: dict[str, Scope],
    open_to_doubt: Collection[str],
) -> Iterator[tuple[str, Scope, Signal]]:
    runtime = _named(current, Scope.RUNTIME)
    known = [*runtime, *(name for name, _ in _brought(graph, runtime))]
    # What an unknown one requires is installed with it anyway; of many, the list says too little.
    partly = sum(context.facts(name) is None for name in known) > _UNKNOWN * len(known)
    frozen = _is_frozen(context, graph)
    noted = {
        each.name: frozenset(map(canonicalize_name, each.via))
        for each in context.inputs.declared
        if each.via
    }
    for name, parent in _brought(graph, _named(current, Scope.DEVELOPMENT)):
        # What reads text or code alone stands beside its library, which nothing else runs.
        reads = parent in context.declared and name not in _NEVER_ALONE_WRITTEN
        reads = reads and category_of(parent) in ("documentation", "linting")
        unused = current.get(name) is Scope.UNUSED or name in open_to_doubt
        unused = unused and name not in _NEVER_ALONE
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
    """Optional helpers whose hosts are all for development, in a frozen list or of known tools."""
    staying = [name for name, scope in current.items() if scope in _STAYS]
    there = {*staying, *(name for name, _ in _brought(graph, staying))}
    by_extra = hosts_by_extra(context) if helpers else {}
    for name in helpers:
        extra = by_extra.get(name, ())
        hosts = hosts_helped(context, name) or extra
        sure = _is_frozen(context, graph) or all(map(category_of, (*hosts, *extra)))
        if sure and current[name] is Scope.RUNTIME and hosts and there.isdisjoint(hosts):
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


def only_helps(signals: list[Signal]) -> bool:
    """Whether all that speaks for it is that something else may import it."""
    return bool(signals) and all(
        s.evidence.kind == "feature"
        and s.evidence.toward is Toward.RUNTIME
        and s.weight < Weight.STRONG
        for s in signals
    )


def only_imported(signals: list[Signal]) -> bool:
    """Whether imports are all that speaks for production."""
    kinds = {s.evidence.kind for s in signals if s.evidence.toward is Toward.RUNTIME}
    return kinds <= {"import", "optional-import"}


def collect_extras(context: Context) -> Iterator[Signal]:
    """Keep what another requirement takes along for one of its extras: it may import it then."""
    judged = {
        n for need in table(Needs).need if need.names or need.variables for n in need.distributions
    }
    for host in context.names:
        for name, extra in _helpers(context, host).items():
            if name not in judged and name != host:
                message = f"{host} may use it: its extra {extra} brings it"
                # Of a tool for developers, what it is made for says more.
                weight = Weight.FAINT if category_of(name) else Weight.FAIR
                yield toward_runtime(name, weight, "feature", message, None)


def hosts_by_extra(context: Context) -> dict[str, list[str]]:
    """The declared distributions that take another one along for an extra, by the other's name."""
    hosts: dict[str, list[str]] = {}
    for host in context.names:
        for name in _helpers(context, host):
            hosts.setdefault(name, []).append(host)
    return hosts


def _helpers(context: Context, host: str) -> dict[str, str]:
    """What the extras of a distribution bring for its users, each with such an extra.

    An extra that unites the others says nothing of what another one is there for.
    """
    facts = context.facts(host)
    extras: dict[str, list[str]] = {}
    for requirement in facts.requires if facts and not category_of(host) else ():
        named = re.findall(r"\bextra == ['\"]([^'\"]+)", str(requirement.marker or ""))
        extras.setdefault(canonicalize_name(requirement.name), []).extend(named)
    helpers: dict[str, str] = {}
    for name in context.declared.intersection(extras) if host not in _WHOLE else ():
        own = [each for each in extras[name] if each not in _UNITING] or extras[name]
        # A reloader under an extra of its own name serves whoever works on the program.
        tool = {name} if category_of(name) else set()
        used = [each for each in own if each not in tool and not _for_developers(each)]
        if used:
            helpers[name] = used[0]
    return dict(sorted(helpers.items()))


_UNITING = frozenset({"all", "full", "complete", "everything"})
# These carry what their extras name in copies of their own.
_WHOLE = frozenset({"setuptools", "pip"})


def _for_developers(extra: str) -> bool:
    words = re.split(r"[-_.]", extra)
    known = table(RequirementFiles)
    return not {extra, *words}.isdisjoint((*known.development, *known.extras))
