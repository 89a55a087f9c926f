"""All distributions that a list of requirements brings, without a resolver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from jettison.distributions.facts import DistributionFacts
from jettison.distributions.graph import Closure, requirement_graph
from jettison.distributions.map import DistributionMap, admits

# Each round learns one more level of the graph; deeper chains than this are not met in practice.
_MOST_ROUNDS = 24


def closure(
    found: DistributionMap,
    roots: Iterable[Requirement],
    bounds: Mapping[str, SpecifierSet] | None = None,
) -> Closure:
    """Collect what the roots bring, breadth first, the newest release that fits all constraints.

    ``bounds`` hold for the normalized names that something asks for, and ask for none. This is an
    approximation of what an installer does: nothing is taken back when constraints contradict each
    other; the release that was chosen before stays then, or the newest of all is taken. Pins make
    it exact.
    """
    wanted = list(roots)
    facts: dict[str, DistributionFacts] = {}
    asked: dict[str, str] = {}
    graph = requirement_graph(facts, wanted, found.target)

    def specifiers(name: str) -> SpecifierSet:
        return graph.specifiers[name] & (bounds or {}).get(name, SpecifierSet())

    for _ in range(_MOST_ROUNDS):
        due = [name for name in graph.edges if _is_due(name, specifiers(name), facts, asked)]
        if not due:
            break
        asked |= {name: str(specifiers(name)) for name in due}
        facts |= found.many(f"{name}{asked[name]}" for name in due)
        facts |= found.many(name for name in due if name not in facts and asked[name])
        graph = requirement_graph(facts, wanted, found.target)
    return Closure(facts={name: facts[name] for name in graph.edges if name in facts}, graph=graph)


def _is_due(
    name: str,
    specifiers: SpecifierSet,
    facts: Mapping[str, DistributionFacts],
    asked: Mapping[str, str],
) -> bool:
    """Whether a name is new, or what was chosen for it does not fit what was learned since."""
    if asked.get(name) == str(specifiers):
        return False
    return name not in facts or not admits(specifiers, facts[name].version)
