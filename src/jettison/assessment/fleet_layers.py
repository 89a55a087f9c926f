"""Which distributions of a fleet become layers of their own, and what that costs.

The model counts bytes: a layer is stored once, and each node pulls it once a month when one of the
layer's instances runs there. A choice has a lower bound, which no choice can go below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from jettison.values import by_key, totals

# What each request for a layer costs, in bytes: its place in manifest and config, and the
# time of a request in which a connection would have moved data.
REQUEST = 100_000


class Item(Struct, frozen=True, kw_only=True):
    """A distribution as it is installed: equal keys stand for equal files.

    ``bytes`` are compressed. ``family`` is what must be equal for two versions to replace each
    other: the Python and the place of the environment.
    """

    key: str
    name: str
    version: str
    bytes: int
    family: str = ""


def age(item: Item) -> tuple[int, Version, str]:
    """Return what orders the items of a distribution by their versions."""
    try:
        return 1, Version(item.version), item.version
    except InvalidVersion:
        return 0, Version("0"), item.version


class Needs(Struct, frozen=True, kw_only=True):
    """What one image of the fleet is made of, besides its base: keys of items, in any order.

    ``own`` are the bytes of the application, which every release changes.
    """

    name: str
    items: tuple[str, ...]
    own: int = 0
    instances: int = 1
    releases: int = 1


class Cost(Struct, frozen=True, kw_only=True):
    """Bytes stored once, and bytes that all nodes pull in a month; ``requests`` in bytes, too."""

    stored: float = 0
    pulled: float = 0
    requests: float = 0

    @property
    def total(self) -> float:
        """All of it."""
        return self.stored + self.pulled + self.requests

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            stored=self.stored + other.stored,
            pulled=self.pulled + other.pulled,
            requests=self.requests + other.requests,
        )


def nodes_with(instances: float, nodes: int) -> float:
    """Return on how many nodes at least one of some instances runs, spread evenly at random."""
    return nodes * (1 - float((1 - 1 / nodes) ** instances))


def layer_cost(size: float, instances: float, nodes: int, *, requests: bool = True) -> Cost:
    """Return what a layer costs that so many instances share."""
    pulls = nodes_with(instances, nodes)
    return Cost(stored=size, pulled=size * pulls, requests=REQUEST * pulls * requests)


def own_cost(needs: Needs) -> Cost:
    """Return what the application's own layers of a month cost: each instance pulls every one."""
    pulls = needs.instances * needs.releases
    return Cost(
        stored=needs.own * needs.releases, pulled=needs.own * pulls, requests=REQUEST * pulls
    )


class Layout(Struct, frozen=True, kw_only=True):
    """The layers of each image: keys of items, those of one layer sorted.

    The last one is the image's own, and may have none.
    """

    layers: Mapping[str, tuple[tuple[str, ...], ...]]
    cost: Cost
    bound: Cost


def choose_layers(
    items: Mapping[str, Item], images: Sequence[Needs], *, nodes: int, most: int
) -> Layout:
    """Choose the layers of every image, at most ``most`` of each.

    Items of the same images share a layer: splitting them saves nothing. Such a block stands alone
    where that costs less than a copy in each image's last layer. An image with too many takes the
    largest, and what it does not take, or only one image takes, goes into its last layer.
    """
    blocks = _blocks(images)
    size = [sum(items[key].bytes for key in keys) for keys, _ in blocks]
    apart = [
        _is_worth_it(size[number], [images[each] for each in users], nodes)
        for number, (_, users) in enumerate(blocks)
    ]
    held: list[list[int]] = [[] for _ in images]
    for number, (_, users) in enumerate(blocks):
        for user in users:
            held[user].append(number)
    taken = _taken(held, apart, size, most)
    layers = {
        needs.name: _layers_of(blocks, held[number], taken[number])
        for number, needs in enumerate(images)
    }
    return Layout(
        layers=layers,
        cost=cost_of(layers, items, images, nodes),
        bound=lower_bound(items, images, nodes),
    )


def _blocks(images: Sequence[Needs]) -> list[tuple[list[str], tuple[int, ...]]]:
    """Group the items that exactly the same images have; give the images by their numbers."""
    users = by_key((key, number) for number, needs in enumerate(images) for key in needs.items)
    blocks = by_key((tuple(users[key]), key) for key in sorted(users))
    return [(keys, numbers) for numbers, keys in blocks.items()]


def _is_worth_it(size: int, users: Sequence[Needs], nodes: int) -> bool:
    if len(users) == 1:
        return False
    shared = layer_cost(size, sum(each.instances for each in users), nodes)
    copies = [layer_cost(size, each.instances, nodes, requests=False) for each in users]
    return shared.total < sum(each.total for each in copies)


def _taken(
    held: Sequence[list[int]], apart: Sequence[bool], size: Sequence[int], most: int
) -> list[set[int]]:
    """Return the blocks that each image takes as layers of their own, the last layer left free."""
    wanted = [sorted((b for b in own if apart[b]), key=lambda b: (-size[b], b)) for own in held]
    counts = Counter(block for own in wanted for block in own[: most - 1])
    while True:
        taken = [set([block for block in own if counts[block] > 1][: most - 1]) for own in wanted]
        found = Counter(block for own in taken for block in own)
        if all(count > 1 for count in found.values()):
            return taken
        counts = Counter({block: count for block, count in found.items() if count > 1})


def _layers_of(
    blocks: Sequence[tuple[list[str], tuple[int, ...]]], held: Iterable[int], taken: set[int]
) -> tuple[tuple[str, ...], ...]:
    rest = sorted(key for block in held if block not in taken for key in blocks[block][0])
    alone = sorted(tuple(blocks[block][0]) for block in taken)
    return (*alone, tuple(rest))


def cost_of(
    layers: Mapping[str, tuple[tuple[str, ...], ...]],
    items: Mapping[str, Item],
    images: Sequence[Needs],
    nodes: int,
) -> Cost:
    """Return what a choice costs: equal layers of several images are one."""
    instances = totals(
        (layer, needs.instances) for needs in images for layer in filter(None, layers[needs.name])
    )
    return sum(
        (
            layer_cost(sum(items[key].bytes for key in layer), count, nodes)
            for layer, count in instances.items()
        ),
        sum(map(own_cost, images), Cost()),
    )


def lower_bound(items: Mapping[str, Item], images: Sequence[Needs], nodes: int) -> Cost:
    """Return what no choice can go below.

    Every item is stored at least once. A node that runs one of its instances pulls it at least
    once, in whatever layer: the nodes of several layers together are at least those of all their
    instances. Every image with items asks for a layer of them.
    """
    instances = totals((key, needs.instances) for needs in images for key in needs.items)
    least = sum(map(own_cost, images), Cost())
    for key, count in instances.items():
        least += layer_cost(items[key].bytes, count, nodes, requests=False)
    some = sum(needs.instances for needs in images if needs.items)
    return least + Cost(requests=REQUEST * nodes_with(some, nodes))


class Alignment(Struct, frozen=True, kw_only=True):
    """A distribution of which a fleet has several versions: what one for all would save.

    ``projects`` are those that would change, by name; ``major`` says that one of them would
    change to another major version. ``versions`` ascend: the last one would stay. ``family`` is
    that of the items.
    """

    name: str
    family: str
    versions: tuple[str, ...]
    projects: tuple[str, ...]
    saving: Cost
    major: bool


def alignments(
    items: Mapping[str, Item], images: Sequence[Needs], nodes: int, *, newest: Mapping[str, str]
) -> tuple[Alignment, ...]:
    """Return where one version would do for several, by what it saves.

    ``newest`` is the key of the item that replaces another, itself where it is the newest. Nothing
    says that the others work with it: it is for people to decide.
    """
    users = by_key((key, needs) for needs in images for key in needs.items)
    groups = by_key((newest[key], key) for key in sorted(users))
    found = (_alignment(items, users, last, keys, nodes) for last, keys in groups.items())
    return tuple(
        sorted(
            (one for one in found if one and one.saving.total > 0),
            key=lambda one: (-one.saving.total, one.name),
        )
    )


def _alignment(
    items: Mapping[str, Item], users: Mapping[str, list[Needs]], last: str, keys: list[str],
    nodes: int,
) -> Alignment | None:  # fmt: skip
    if len({items[key].version for key in keys}) == 1:
        return None
    count = {key: sum(needs.instances for needs in users[key]) for key in keys}
    now = sum((layer_cost(items[key].bytes, count[key], nodes) for key in keys), Cost())
    then = layer_cost(items[last].bytes, sum(count.values()), nodes)
    others = [key for key in keys if key != last]
    versions = dict.fromkeys(
        items[key].version for key in sorted(keys, key=lambda one: age(items[one]))
    )
    major = items[last].version.partition(".")[0]
    return Alignment(
        name=items[last].name,
        family=items[last].family,
        versions=tuple(versions),
        projects=tuple(sorted({needs.name for key in others for needs in users[key]})),
        saving=Cost(
            stored=now.stored - then.stored,
            pulled=now.pulled - then.pulled,
            requests=now.requests - then.requests,
        ),
        major=any(items[key].version.partition(".")[0] != major for key in others),
    )
