"""The requirement graph: what brings what, and what would go with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from jettison.index import DistributionFacts
from jettison.index.target import Target
from jettison.values import Basis, Size, by_key, once_each


class RequirementGraph(Struct, frozen=True, kw_only=True, dict=True):
    """Normalized names: ``roots`` are required by the project, ``edges`` by a distribution.

    Every name that can be reached has an entry in ``edges``, also when it is unknown.
    ``specifiers`` holds all constraints seen on a name, joined.
    """

    roots: tuple[str, ...]
    edges: Mapping[str, tuple[str, ...]]
    specifiers: Mapping[str, SpecifierSet]

    @cached_property
    def required(self) -> frozenset[str]:
        """The roots, to look names up in."""
        return frozenset(self.roots)

    def reached(self, names: Iterable[str]) -> frozenset[str]:
        """The names with all that they need."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.edges.get(name, ())
        return frozenset(found)


class Closure(Struct, frozen=True, kw_only=True):
    """Facts by normalized name and the graph between them."""

    facts: Mapping[str, DistributionFacts]
    graph: RequirementGraph


class Weight(Struct, frozen=True, kw_only=True):
    """Bytes of one distribution ``alone`` and together with what only it brings.

    ``unknown`` are names among them whose size is not known; they count as nothing.
    """

    alone: Size
    together: Size
    brings: tuple[str, ...]
    unknown: tuple[str, ...]


def requirement_graph(
    facts: Mapping[str, DistributionFacts],
    roots: Iterable[Requirement],
    target: Target,
    needs: Mapping[str, tuple[Requirement, ...]] = MappingProxyType({}),
) -> RequirementGraph:
    """Follow Requires-Dist from the roots, with markers and extras evaluated for the target.

    ``needs`` says what distributions need that the index does not have.
    """
    asked = [one for one in roots if target.fulfils(one.marker)]
    extras: dict[str, set[str]] = {}
    edges: dict[str, set[str]] = {}
    specifiers: dict[str, SpecifierSet] = {}
    waiting: list[tuple[str, Requirement]] = [("", one) for one in asked]
    while waiting:
        parent, requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        specifiers[name] = specifiers.get(name, SpecifierSet()) & requirement.specifier
        if parent:
            edges[parent].add(name)
        added = {canonicalize_name(extra) for extra in requirement.extras}
        if name in edges and added <= extras[name]:
            continue
        edges.setdefault(name, set())
        extras.setdefault(name, set()).update(added)
        known = facts[name].requires if name in facts else ()
        required = needs.get(name, known)
        chosen = tuple(extras[name])
        waiting += [(name, one) for one in required if target.fulfils(one.marker, chosen)]
    return RequirementGraph(
        roots=tuple(dict.fromkeys(canonicalize_name(one.name) for one in asked)),
        edges={name: tuple(sorted(edges[name])) for name in sorted(edges)},
        specifiers=specifiers,
    )


def exclusive(graph: RequirementGraph, name: str) -> tuple[str, ...]:
    """Names that only ``name`` brings: those it dominates in the graph, without itself.

    Every path from the project to them leads through ``name``.
    """
    brought = _reached(graph, graph.edges.get(name, ()))
    remaining = _reached(graph, graph.roots, avoid={name}) if brought else set()
    return tuple(sorted(brought - remaining - {name}))


def gone_without(graph: RequirementGraph, requirements: Collection[str]) -> tuple[str, ...]:
    """Names that are no longer installed when the project drops these requirements of its own.

    A dropped requirement that another distribution needs stays, with all that it brings.
    """
    kept = [root for root in graph.roots if root not in requirements]
    return tuple(sorted(set(graph.edges) - _reached(graph, kept)))


def brought_alone(
    graph: RequirementGraph, dropped: Collection[str], listed: Collection[str]
) -> frozenset[str]:
    """Names that leave with what is ``dropped``, brought by some of it that is ``listed``.

    What is dropped itself is not among them.
    """
    below = graph.reached(tuple(name for name in dropped if name in listed))
    return below.intersection(gone_without(graph, dropped)) - set(dropped)


def required_by(graph: RequirementGraph, name: str) -> tuple[str, ...]:
    """Distributions that require ``name`` themselves, sorted."""
    return _parents(graph).get(name, ())


@once_each
def _parents(graph: RequirementGraph) -> Mapping[str, tuple[str, ...]]:
    found = by_key(
        (child, parent) for parent, children in graph.edges.items() for child in children
    )
    return {child: tuple(parents) for child, parents in found.items()}


def path_to(graph: RequirementGraph, name: str) -> tuple[str, ...]:
    """Find a shortest chain from one of the project's requirements to ``name``; empty when none."""
    before: dict[str, str] = dict.fromkeys(graph.roots, "")
    level = list(graph.roots)
    while level and name not in before:
        following = [(child, parent) for parent in level for child in graph.edges[parent]]
        level = []
        for child, parent in following:
            if child not in before:
                before[child] = parent
                level.append(child)
    chain: list[str] = []
    step = name if name in before else ""
    while step:
        chain.append(step)
        step = before[step]
    return tuple(reversed(chain))


def weight(graph: RequirementGraph, facts: Mapping[str, DistributionFacts], name: str) -> Weight:
    """Weigh a distribution alone and with what only it brings."""
    brings = exclusive(graph, name)
    together = (name, *brings)
    known = {one: size for one in together if (size := _size(facts, one)) is not None}
    alone = known.get(name) or Size(bytes=0, basis=Basis.ESTIMATED, source="size not known")
    return Weight(
        alone=alone,
        together=total_size(known.values(), source=f"{name} and {len(brings)} that only it brings"),
        brings=brings,
        unknown=tuple(one for one in together if one not in known),
    )


def total_size(sizes: Iterable[Size], *, source: str) -> Size:
    """Add sizes; the sum is as well known as its least known part."""
    parts = list(sizes)
    order = (Basis.MEASURED, Basis.CATALOGUED, Basis.ESTIMATED)
    basis = max((part.basis for part in parts), key=order.index, default=Basis.ESTIMATED)
    return Size(bytes=sum(part.bytes for part in parts), basis=basis, source=source)


def _size(facts: Mapping[str, DistributionFacts], name: str) -> Size | None:
    return facts[name].installed_size if name in facts else None


def _reached(
    graph: RequirementGraph, roots: Iterable[str], avoid: Collection[str] = ()
) -> set[str]:
    waiting = [root for root in roots if root not in avoid]
    seen = set(waiting)
    while waiting:
        fresh = set(graph.edges[waiting.pop()]).difference(seen, avoid)
        seen |= fresh
        waiting += fresh
    return seen


class Leaving(Struct, frozen=True, kw_only=True):
    """The distributions that go, and their bytes.

    ``held`` are requirements that keep the releases of what stays, ``alone`` those of what stays
    though only requirements that go had brought it.
    """

    names: frozenset[str]
    size: Size | None
    held: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


NOTHING = Leaving(names=frozenset(), size=None)


def leaving(
    closure: Closure,
    names: Collection[str],
    absent: Collection[str] = (),
    alone: Collection[str] = (),
) -> Leaving:
    """What goes with ``names``; what only those ``absent`` bring is not there before.

    What they bring stays where it is ``alone``.
    """
    names = set(names) - set(absent)
    if not names:
        return NOTHING
    graph = closure.graph
    before = frozenset(gone_without(graph, set(absent)))
    gone = frozenset(gone_without(graph, names | set(absent))) - before - graph.reached(alone)
    facts = [closure.facts[name] for name in gone if name in closure.facts]
    sizes = [each.installed_size for each in facts if each.installed_size]
    size = total_size(sizes, source="files of the wheels that go") if sizes else None
    lines = tuple(
        f"{name}=={closure.facts[name].version}" for name in sorted(alone) if name in closure.facts
    )
    return Leaving(names=gone, size=size, alone=lines)


def held_versions(
    closure: Closure, gone: Collection[str], before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[str, ...]:
    """Requirements such as ``h11<0.15`` that keep the releases of what stays.

    ``before`` and ``after`` are the releases with and without what is ``gone``. What that allowed
    only some releases of is named with those; anything else with its release.
    """
    changed = sorted(name for name in after if before.get(name, after[name]) != after[name])
    allowed = dict.fromkeys(changed, SpecifierSet())
    for parent in set(gone) & set(closure.facts):
        for one in closure.facts[parent].requires:
            name = canonicalize_name(one.name)
            if name in allowed and name in closure.graph.edges.get(parent, ()):
                allowed[name] &= one.specifier
    return tuple(f"{name}{allowed[name] or f'=={before[name]}'}" for name in changed)
