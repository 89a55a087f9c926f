"""Which images of a fleet stand on the same base: one for all of a Python, or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from jettison.assessment.fleet_layers import Cost, layer_cost
from jettison.builder import BaseWanted
from jettison.values import by_key, replace

# An image may be so much larger on a shared base than on its own, as far as sizes are predicted:
# what is built is to stay below 1.15.
MOST_GROWTH = 1.08


class BaseNeeds(Struct, frozen=True, kw_only=True):
    """The base of one image: what it wants, and the shared libraries of its distributions."""

    wanted: BaseWanted
    libraries: frozenset[str] = frozenset()

    def with_all(self, other: BaseNeeds) -> BaseNeeds | None:
        """Return a base that serves both; None where none can."""
        one, two = self.wanted, other.wanted
        if (one.kind, one.location, one.python, one.shell) != (
            two.kind, two.location, two.python, two.shell,
        ):  # fmt: skip
            return None
        known = one.programs is not None and two.programs is not None
        wanted = replace(
            one,
            packages=tuple(sorted({*one.packages, *two.packages})),
            time_zones=one.time_zones or two.time_zones,
            groups_kept=one.groups_kept | two.groups_kept,
            # none of them stands for all
            loaded=one.loaded | two.loaded if one.loaded and two.loaded else frozenset(),
            programs=(one.programs or frozenset()) | (two.programs or frozenset())
            if known
            else None,
            # what one image does not reach, another may
            shortened=False,
        )
        return BaseNeeds(wanted=wanted, libraries=self.libraries | other.libraries)


class Standing(Struct, frozen=True, kw_only=True):
    """An image and its base; ``rest`` are the bytes of everything else in it."""

    name: str
    base: BaseNeeds
    rest: int = 0
    instances: int = 1


class Group(Struct, frozen=True, kw_only=True):
    """Images on one base."""

    base: BaseNeeds
    images: tuple[Standing, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images."""
        return tuple(each.name for each in self.images)

    @property
    def instances(self) -> int:
        """How many instances run on it."""
        return sum(each.instances for each in self.images)


Bytes = Callable[[BaseNeeds], int]


def grouped(images: Sequence[Standing], size: Bytes, nodes: int) -> tuple[Group, ...]:
    """Put images on shared bases where that costs less and makes none much larger.

    ``size`` gives the compressed bytes of a base. The largest bases come first, and each joins the
    group where it saves the most. A base that only one image stands on may still be shortened.
    """
    alone = by_key((image.base, image) for image in images)
    ordered = sorted(alone.items(), key=lambda pair: (-size(pair[0]), repr(pair[0])))
    groups: list[Group] = []
    for base, standing in ordered:
        fresh = Group(base=base, images=tuple(standing))
        choices = [
            (cost_of_base(joined, size, nodes).total - cost_of_base(old, size, nodes).total, number)
            for number, old in enumerate(groups)
            if (joined := _joined(old, fresh, size)) is not None
        ]
        more, best = min(choices, default=(0.0, -1))
        joined = _joined(groups[best], fresh, size) if choices else None
        if joined is not None and more < cost_of_base(fresh, size, nodes).total:
            groups[best] = joined
        else:
            groups.append(fresh)
    return tuple(groups)


def _joined(one: Group, two: Group, size: Bytes) -> Group | None:
    base = one.base.with_all(two.base)
    if base is None:
        return None
    images = (*one.images, *two.images)
    whole = size(base)
    if any(whole + each.rest > MOST_GROWTH * (size(each.base) + each.rest) for each in images):
        return None
    return Group(base=base, images=images)


def core_of(base: BaseNeeds) -> BaseNeeds:
    """Return what all bases of a Python have: that is a layer of its own."""
    wanted = base.wanted
    core = BaseWanted(kind=wanted.kind, location=wanted.location, python=wanted.python)
    return BaseNeeds(wanted=core)


def cost_of_base(group: Group, size: Bytes, nodes: int) -> Cost:
    """Return what the base of a group costs beside what all of its Python have."""
    return layer_cost(size(group.base) - size(core_of(group.base)), group.instances, nodes)


def cost_of_bases(groups: Sequence[Group], size: Bytes, nodes: int) -> Cost:
    """Return what all bases cost."""
    instances: Counter[BaseNeeds] = Counter()
    for group in groups:
        instances[core_of(group.base)] += group.instances
    cores = (layer_cost(size(core), count, nodes) for core, count in instances.items())
    return sum((cost_of_base(group, size, nodes) for group in groups), sum(cores, Cost()))


def bases_bound(images: Sequence[Standing], size: Bytes, nodes: int) -> Cost:
    """Return what no choice of bases can go below.

    The images of a Python have at least the smallest of their bases in common, stored once and
    pulled by every node that runs one of them.
    """
    families: dict[tuple[str, ...], list[Standing]] = {}
    for image in images:
        wanted = image.base.wanted
        families.setdefault((wanted.kind, wanted.location, wanted.python), []).append(image)
    found = Cost()
    for family in families.values():
        least = min(size(each.base) for each in family)
        found += layer_cost(least, sum(each.instances for each in family), nodes)
    return found
