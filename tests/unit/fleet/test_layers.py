"""What is shared between images, what that costs, and what it cannot cost less than."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.assessment.fleet import Project, Row, fleet_plan
from jettison.assessment.fleet_bases import BaseNeeds, Standing, bases_bound, cost_of_bases, grouped
from jettison.assessment.fleet_file import Member, fleet_of
from jettison.assessment.fleet_layers import (
    Item,
    Needs,
    alignments,
    choose_layers,
    cost_of,
    layer_cost,
    lower_bound,
    nodes_with,
)
from jettison.builder import BaseWanted

KEYS = "abcdefgh"
MB = 1_000_000


def item(key: str, size: int = MB, *, name: str = "", version: str = "1.0") -> Item:
    return Item(key=key, name=name or key, version=version, bytes=size)


sizes = st.fixed_dictionaries({key: st.integers(0, 50 * MB) for key in KEYS})
fleets = st.lists(
    st.builds(
        lambda keys, own, instances, releases: (tuple(keys), own, instances, releases),
        st.sets(st.sampled_from(KEYS)), st.integers(0, MB), st.integers(1, 9), st.integers(1, 4),
    ),
    min_size=1, max_size=7,
)  # fmt: skip


def needs_of(fleet: list[tuple[tuple[str, ...], int, int, int]]) -> list[Needs]:
    return [
        Needs(name=f"image-{number}", items=keys, own=own, instances=instances, releases=releases)
        for number, (keys, own, instances, releases) in enumerate(fleet)
    ]


@given(sizes, fleets, st.integers(1, 12), st.integers(2, 6))
def test_every_image_has_its_distributions_once_in_no_more_layers_than_allowed(
    size: dict[str, int], fleet: list[tuple[tuple[str, ...], int, int, int]], nodes: int, most: int
) -> None:
    items = {key: item(key, size[key]) for key in KEYS}
    images = needs_of(fleet)
    layout = choose_layers(items, images, nodes=nodes, most=most)
    for needs in images:
        layers = layout.layers[needs.name]
        assert sorted(key for layer in layers for key in layer) == sorted(needs.items)
        assert len(layers) <= most


@given(sizes, fleets, st.integers(1, 12), st.integers(2, 6), st.randoms(use_true_random=False))
def test_neither_the_choice_nor_any_other_goes_below_the_bound(
    size: dict[str, int], fleet: list[tuple[tuple[str, ...], int, int, int]], nodes: int,
    most: int, chance: object,
) -> None:  # fmt: skip
    items = {key: item(key, size[key]) for key in KEYS}
    images = needs_of(fleet)
    layout = choose_layers(items, images, nodes=nodes, most=most)
    bound = lower_bound(items, images, nodes)
    other = {}
    for needs in images:
        piles: list[list[str]] = [[], [], []]
        for key in sorted(needs.items):
            chance.choice(piles).append(key)  # type: ignore[attr-defined]
        other[needs.name] = tuple(map(tuple, piles))
    for found in (layout.cost, cost_of(other, items, images, nodes)):
        for part in ("stored", "pulled", "requests", "total"):
            assert getattr(found, part) >= getattr(bound, part) - 1


@given(fleets, st.integers(1, 12))
def test_the_same_fleet_in_another_order_has_the_same_layers(
    fleet: list[tuple[tuple[str, ...], int, int, int]], nodes: int
) -> None:
    items = {key: item(key) for key in KEYS}
    images = needs_of(fleet)
    one = choose_layers(items, images, nodes=nodes, most=4)
    two = choose_layers(items, images[::-1], nodes=nodes, most=4)
    assert one.layers == two.layers


def test_what_all_images_have_is_one_layer_and_what_one_has_is_its_own() -> None:
    items = {key: item(key, 5 * MB) for key in "abc"}
    images = [Needs(name="one", items=("a", "b", "c")), Needs(name="two", items=("b", "a"))]
    layout = choose_layers(items, images, nodes=2, most=8)
    assert layout.layers == {"one": (("a", "b"), ("c",)), "two": (("a", "b"), ())}


def test_what_is_smaller_than_a_request_is_not_apart() -> None:
    items = {"a": item("a", 5 * MB), "tiny": item("tiny", 500)}
    images = [
        Needs(name="one", items=("a", "tiny")),
        Needs(name="two", items=("a", "tiny")),
        Needs(name="three", items=("a",)),
    ]
    layout = choose_layers(items, images, nodes=2, most=8)
    assert layout.layers["one"] == (("a",), ("tiny",))


def test_an_image_with_too_many_layers_keeps_the_largest_apart() -> None:
    items = {key: item(key, number * MB) for number, key in enumerate(KEYS, 1)}
    # each distribution is of other images, so that none can share a layer
    images = [Needs(name=key, items=(key,)) for key in KEYS]
    images.append(Needs(name="all", items=tuple(KEYS)))
    layout = choose_layers(items, images, nodes=4, most=4)
    assert layout.layers["all"] == (("f",), ("g",), ("h",), tuple("abcde"))


def test_instances_that_share_a_node_pull_a_layer_once() -> None:
    assert nodes_with(1, 10) == pytest.approx(1)
    assert nodes_with(1000, 10) == pytest.approx(10)
    assert layer_cost(MB, 5, 1).pulled == MB


def test_several_versions_are_a_suggestion_with_its_saving() -> None:
    items = {
        "old": item("old", 9 * MB, name="django", version="4.2.9"),
        "new": item("new", 8 * MB, name="django", version="5.2.1"),
    }
    images = [Needs(name="shop", items=("old",)), Needs(name="blog", items=("new",))]
    newest = {"old": "new", "new": "new"}
    (found,) = alignments(items, images, 1, newest=newest)
    assert (found.name, found.versions, found.projects) == ("django", ("4.2.9", "5.2.1"), ("shop",))
    assert found.major
    assert found.saving.stored == 9 * MB
    assert found.saving.pulled == 9 * MB


def base(*packages: str, python: str = "3.13") -> BaseNeeds:
    return BaseNeeds(wanted=BaseWanted(kind="composed", python=python, packages=packages))


def size_of(needs: BaseNeeds) -> int:
    return 20 * MB + sum({"git": 9, "tzdata": 1}[name] * MB for name in needs.wanted.packages)


def test_images_with_much_in_common_stand_on_one_base_with_the_packages_of_all() -> None:
    images = [
        Standing(name="one", base=base("git"), rest=50 * MB),
        Standing(name="two", base=base("git", "tzdata"), rest=50 * MB),
        Standing(name="plain", base=base(), rest=50 * MB),
        Standing(name="other", base=base(python="3.11"), rest=50 * MB),
    ]
    groups = grouped(images, size_of, 2)
    assert {group.names: group.base.wanted.packages for group in groups} == {
        ("two", "one"): ("git", "tzdata"),
        ("plain",): (),
        ("other",): (),
    }
    cost = cost_of_bases(groups, size_of, 2)
    assert cost.total >= bases_bound(images, size_of, 2).total
    # what all of a Python have is stored once: 20 MB of 3.13 and of 3.11, and git with tzdata
    assert cost.stored == 50 * MB


def test_no_image_grows_much_for_a_shared_base() -> None:
    images = [
        Standing(name="small", base=base("tzdata"), rest=5 * MB),
        Standing(name="large", base=base("tzdata", "git"), rest=5 * MB),
    ]
    assert len(grouped(images, size_of, 1)) == 2


def test_images_that_are_built_alone_share_what_is_the_same_there() -> None:
    heavy, light = item("heavy", 6 * MB), item("light", MB)
    rows = [
        Row(
            member=Member(name=name, path=name),
            project=Project(base=base(*packages), items=(heavy, light), own=0),
        )
        for name, packages in (("one", ()), ("two", ()), ("three", ("tzdata",)))
    ]
    plan = fleet_plan(fleet_of(tuple(row.member for row in rows)), rows, size_of)
    # the interpreter, the packages of two bases, the large distribution, and the others of three
    interpreter = 0.57 * 20 * MB
    systems = (20 * MB - interpreter) + (21 * MB - interpreter)
    assert plan.alone.stored == pytest.approx(interpreter + systems + 6 * MB + MB)
    assert plan.cost.stored <= plan.alone.stored
