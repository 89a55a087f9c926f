"""Many images as one problem: what is known of each project, and of all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from jettison.assessment.fleet_bases import (
    BaseNeeds,
    Bytes,
    Group,
    Standing,
    bases_bound,
    core_of,
    cost_of_bases,
    grouped,
)
from jettison.assessment.fleet_file import Fleet, Member
from jettison.assessment.fleet_layers import (
    Alignment,
    Cost,
    Item,
    Layout,
    Needs,
    age,
    alignments,
    choose_layers,
    cost_of,
    layer_cost,
)
from jettison.builder import Shared

# The least number of projects of which a finding is said to repeat.
_REPEATED = 2
# As `jettison build` makes one image alone: so many of its largest distributions are layers of
# their own, from 10 MB on, compressed a third of that.
_MOST_HEAVY, _HEAVY = 4, 3_500_000
# The interpreter and its standard library as a part of the smallest base: 10.1 of 17.8 MB.
_INTERPRETER = 0.57


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is nothing of a project: what happened, why, and what to do."""

    what: str
    why: str = ""
    hint: str = ""

    def __str__(self) -> str:
        first = next(iter(self.why.strip().splitlines()), "")
        return f"{self.what}: {first}" if first else self.what


class Project(Struct, frozen=True, kw_only=True):
    """A project as its plan has it.

    ``before`` and ``after`` are predicted bytes of its image, uncompressed. ``base`` and ``items``
    are what the image is made of, and ``own`` the bytes of its application. ``blocks`` is why it
    cannot be built without an engine; then it shares nothing. ``layers`` are those of an image that
    is taken as it is, by digest and compressed bytes. ``findings`` are short sentences. ``failure``
    is why it was planned, but not what its image would be made of, which another run may tell.
    ``commit`` is what the revision of its repository named.
    """

    python: str = ""
    before: int | None = None
    after: int | None = None
    base: BaseNeeds | None = None
    items: tuple[Item, ...] = ()
    own: int = 0
    blocks: str = ""
    layers: tuple[tuple[str, int], ...] = ()
    findings: tuple[str, ...] = ()
    failure: Failure | None = None
    commit: str = ""

    @property
    def shares(self) -> bool:
        """Whether it is known what its image is made of."""
        return not self.blocks and self.failure is None


# What a layer holds that was built by others.
FOREIGN = "a layer of the base image"


class StoredLayer(Struct, frozen=True, kw_only=True):
    """A layer as it was built: its digest, its compressed bytes, and what it holds."""

    digest: str
    bytes: int
    what: str


class BuiltImage(Struct, frozen=True, kw_only=True):
    """An image that was built; ``bytes`` are those of its layers, compressed."""

    digest: str
    layers: tuple[StoredLayer, ...]
    places: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The sum of its layers."""
        return sum(layer.bytes for layer in self.layers)


class Verified(Struct, frozen=True, kw_only=True):
    """What comparing the image before and after came to; bytes are uncompressed and measured.

    ``updated`` says that the project's files were written.
    """

    conclusion: str
    equivalent: bool
    before: int
    after: int
    differences: tuple[str, ...] = ()
    updated: bool = False


class Row(Struct, frozen=True, kw_only=True):
    """One project of the fleet, whatever became of it; ``cached`` says that nothing had changed."""

    member: Member
    project: Project | None = None
    failure: Failure | None = None
    built: BuiltImage | None = None
    verified: Verified | None = None
    cached: bool = False
    seconds: float = 0.0
    node: str = ""

    @property
    def blocks(self) -> str:
        """What keeps the project from being planned or built; empty when nothing does."""
        if self.failure:
            return str(self.failure)
        return self.project.blocks if self.project else ""


class FleetPlan(Struct, frozen=True, kw_only=True):
    """What a fleet shares: bases, layers, and the versions that keep it from sharing more.

    ``alone`` is what the same images cost as each is built by itself. ``bound`` is what no choice
    of bases and layers can go below.
    """

    fleet: Fleet
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    layout: Layout
    alignments: tuple[Alignment, ...]
    cost: Cost
    alone: Cost
    bound: Cost
    full_nodes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        """The projects of which there is nothing."""
        return tuple(row for row in self.rows if row.failure)

    @property
    def gap(self) -> float:
        """By what share the cost is above the bound."""
        return self.cost.total / self.bound.total - 1 if self.bound.total else 0.0

    @property
    def repeated(self) -> tuple[tuple[str, int], ...]:
        """Findings of several projects, those of the most first."""
        found = Counter(
            one for row in self.rows if row.project for one in dict.fromkeys(row.project.findings)
        )
        return tuple((text, count) for text, count in found.most_common() if count >= _REPEATED)

    def shared(self) -> dict[str, Shared]:
        """Return what every image is built with, by the names of those that can be built."""
        items = {i.key: i.name for row in self.rows if row.project for i in row.project.items}
        return {
            name: Shared(
                base=group.base.wanted,
                libraries=tuple(sorted(group.base.libraries)),
                layers=tuple(
                    tuple(items[key] for key in layer) for layer in self.layout.layers[name]
                ),
            )
            for group in self.groups
            for name in group.names
        }


def fleet_plan(
    fleet: Fleet, rows: Sequence[Row], size: Bytes, full_nodes: tuple[str, ...] = ()
) -> FleetPlan:
    """Choose bases and layers for all projects that can be built; ``size`` is that of a base."""
    nodes = fleet.nodes
    usable = [(row.member, row.project) for row in rows if row.project and row.project.shares]
    items = {item.key: item for _, project in usable for item in project.items}
    needs = [_needs(member, project) for member, project in usable if not project.layers]
    standing = [
        Standing(
            name=member.name,
            base=project.base,
            rest=project.own + sum(item.bytes for item in project.items),
            instances=member.instances,
        )
        for member, project in usable
        if project.base is not None
    ]
    groups = grouped(standing, size, nodes)
    layout = choose_layers(items, needs, nodes=nodes, most=fleet.layers)
    fixed = _fixed(usable, nodes)
    return FleetPlan(
        fleet=fleet,
        rows=tuple(rows),
        groups=groups,
        layout=layout,
        alignments=alignments(items, needs, nodes, newest=_newest(items)),
        cost=layout.cost + cost_of_bases(groups, size, nodes) + fixed,
        alone=_alone(items, needs, standing, size, nodes) + fixed,
        bound=layout.bound + bases_bound(standing, size, nodes) + fixed,
        full_nodes=full_nodes,
    )


def _needs(member: Member, project: Project) -> Needs:
    return Needs(
        name=member.name,
        items=tuple(item.key for item in project.items),
        own=project.own,
        instances=member.instances,
        releases=member.releases,
    )


def _fixed(usable: Sequence[tuple[Member, Project]], nodes: int) -> Cost:
    """Return the cost of layers of images that are taken as they are."""
    instances: Counter[tuple[str, int]] = Counter()
    for member, project in usable:
        for layer in dict.fromkeys(project.layers):
            instances[layer] += member.instances
    costs = (layer_cost(size, count, nodes) for (_, size), count in instances.items())
    return sum(costs, Cost())


def _alone(
    items: Mapping[str, Item], needs: Sequence[Needs], standing: Sequence[Standing], size: Bytes,
    nodes: int,
) -> Cost:  # fmt: skip
    """Return what the images cost as `jettison build` makes each: equal layers are one there, too.

    The interpreter is a layer, the system packages of a base are one, large distributions are.
    """
    layers: Counter[object] = Counter()
    bytes_of: dict[object, float] = {}
    for each in standing:
        core, wanted = core_of(each.base), each.base.wanted
        interpreter = _INTERPRETER * size(core)
        system = (core, wanted.packages, wanted.time_zones, each.base.libraries)
        for layer, amount in ((core, interpreter), (system, size(each.base) - interpreter)):
            layers[layer] += each.instances
            bytes_of[layer] = max(amount, bytes_of.get(layer, 0))
    bases = (layer_cost(bytes_of[layer], count, nodes) for layer, count in layers.items())
    apart = {one.name: _apart_alone(items, one) for one in needs}
    return cost_of(apart, items, needs, nodes) + sum(bases, Cost())


def _apart_alone(items: Mapping[str, Item], needs: Needs) -> tuple[tuple[str, ...], ...]:
    by_size = sorted(needs.items, key=lambda key: (-items[key].bytes, key))
    heavy = [key for key in by_size if items[key].bytes >= _HEAVY][:_MOST_HEAVY]
    return (*((key,) for key in heavy), tuple(sorted(set(needs.items).difference(heavy))))


def _newest(items: Mapping[str, Item]) -> dict[str, str]:
    """Map every item to the newest version of the same distribution in the same family."""
    best: dict[tuple[str, str], str] = {}
    for key in sorted(items):
        item = items[key]
        place = (item.family, item.name)
        if place not in best or age(item) > age(items[best[place]]):
            best[place] = key
    return {key: best[item.family, item.name] for key, item in items.items()}


def shared_layers(rows: Sequence[Row]) -> Iterator[tuple[StoredLayer, tuple[str, ...]]]:
    """Yield every layer that was built with the projects that have it, the largest first."""
    users: dict[str, list[str]] = {}
    layers: dict[str, StoredLayer] = {}
    for row in rows:
        for layer in row.built.layers if row.built else ():
            layers[layer.digest] = layer
            users.setdefault(layer.digest, []).append(row.member.name)
    for digest in sorted(layers, key=lambda one: (-layers[one].bytes, one)):
        yield layers[digest], tuple(users[digest])
