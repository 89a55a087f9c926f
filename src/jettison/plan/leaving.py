"""What goes when requirements leave: themselves, and what nothing else brings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from jettison.distributions.graph import Closure, gone_without, total_size
from jettison.values import Size


class Leaving(Struct, frozen=True, kw_only=True):
    """The distributions that go, and their bytes.

    ``held`` are requirements that keep the releases of what stays.
    """

    names: frozenset[str]
    size: Size | None
    held: tuple[str, ...] = ()


NOTHING = Leaving(names=frozenset(), size=None)


def leaving(closure: Closure, names: Collection[str], absent: Collection[str] = ()) -> Leaving:
    """What goes with ``names``; what only those ``absent`` bring is not there before."""
    names = set(names) - set(absent)
    if not names:
        return NOTHING
    graph = closure.graph
    before = frozenset(gone_without(graph, set(absent)))
    gone = frozenset(gone_without(graph, names | set(absent))) - before
    facts = [closure.facts[name] for name in gone if name in closure.facts]
    sizes = [each.installed_size for each in facts if each.installed_size]
    size = total_size(sizes, source="files of the wheels that go") if sizes else None
    return Leaving(names=gone, size=size)


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
