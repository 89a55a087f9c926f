"""What goes when requirements leave: themselves, and what nothing else brings."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from jettison.distributions.graph import Closure, gone_without, total_size
from jettison.values import Size


class Leaving(Struct, frozen=True, kw_only=True):
    """The distributions that go, and their bytes."""

    names: frozenset[str]
    size: Size | None


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
