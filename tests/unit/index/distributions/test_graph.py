from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from jettison.index import DistributionFacts, Source
from jettison.index.graph import (
    RequirementGraph,
    exclusive,
    gone_without,
    path_to,
    required_by,
    requirement_graph,
    weight,
)
from jettison.index.target import Target
from jettison.values import Basis, Size

TARGET = Target(python="3.12")


def _facts(**requires: str) -> dict[str, DistributionFacts]:
    return {
        name: DistributionFacts(
            name=name,
            version="1",
            requires=tuple(Requirement(one) for one in texts.split("|") if one),
            installed_size=Size(bytes=10, basis=Basis.MEASURED),
            source=Source.INDEX,
        )
        for name, texts in requires.items()
    }


def _graph(facts: dict[str, DistributionFacts], *roots: str) -> RequirementGraph:
    return requirement_graph(facts, [Requirement(root) for root in roots], TARGET)


FACTS = _facts(
    web="core|json ; python_version < '3'|extra-lib ; extra == 'fast'",
    core="shared",
    tool="shared|only-tool",
    shared="",
    **{"only-tool": "deep", "deep": "", "extra-lib": ""},
)


def test_markers_and_extras_decide_what_is_brought() -> None:
    assert _graph(FACTS, "web").edges["web"] == ("core",)
    assert _graph(FACTS, "web[fast]").edges["web"] == ("core", "extra-lib")


def test_an_extra_asked_for_later_counts_too() -> None:
    facts = _facts(a="b", b="c ; extra == 'x'", d="b[x]", c="")
    assert _graph(facts, "a", "d").edges["b"] == ("c",)


def test_constraints_from_all_sides_are_joined() -> None:
    facts = _facts(a="c>=1", b="c<3", c="")
    assert str(_graph(facts, "a", "b").specifiers["c"]) == "<3,>=1"


def test_only_what_every_path_leads_through_is_exclusive() -> None:
    graph = _graph(FACTS, "web", "tool")
    assert exclusive(graph, "tool") == ("deep", "only-tool")
    assert exclusive(graph, "web") == ("core",)
    assert exclusive(graph, "shared") == ()


def test_dropping_two_requirements_drops_what_they_share() -> None:
    graph = _graph(FACTS, "web", "tool")
    assert "shared" not in gone_without(graph, ["tool"])
    assert gone_without(graph, ["tool", "web"]) == tuple(sorted(graph.edges))


def test_a_requirement_that_another_needs_stays() -> None:
    graph = _graph(FACTS, "web", "core")
    assert gone_without(graph, ["core"]) == ()
    assert required_by(graph, "core") == ("web",)


def test_a_cycle_goes_as_a_whole() -> None:
    graph = _graph(_facts(a="b", b="c", c="b"), "a")
    assert exclusive(graph, "a") == ("b", "c")
    assert exclusive(graph, "b") == ("c",)


def test_the_chain_to_a_name_is_the_shortest() -> None:
    graph = _graph(FACTS, "web", "tool")
    assert path_to(graph, "deep") == ("tool", "only-tool", "deep")
    assert path_to(graph, "web") == ("web",)
    assert path_to(graph, "absent") == ()


def test_weight_counts_alone_and_together_and_names_what_is_unknown() -> None:
    facts = dict(FACTS)
    del facts["deep"]
    found = weight(_graph(facts, "web", "tool"), facts, "tool")
    assert found.alone.bytes == 10
    assert found.together.bytes == 20
    assert found.brings == ("deep", "only-tool")
    assert found.unknown == ("deep",)


NAMES = "abcdefgh"


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=4)),
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=3),
)
def test_dropping_all_roots_drops_everything(edges: dict[str, set[str]], roots: set[str]) -> None:
    facts = _facts(**{name: "|".join(sorted(edges.get(name, ()))) for name in NAMES})
    graph = _graph(facts, *sorted(roots))
    assert gone_without(graph, graph.roots) == tuple(graph.edges)
    for name in graph.edges:
        assert path_to(graph, name)[-1] == name
        assert all(name in path_to(graph, one) for one in exclusive(graph, name))


def test_what_a_lock_says_of_a_distribution_counts_before_its_namesake_on_the_index() -> None:
    facts = _facts(utils="other", other="", redis="")
    needs = {"utils": (Requirement("redis"),)}
    found = requirement_graph(facts, [Requirement("utils")], TARGET, needs)
    assert found.edges == {"redis": (), "utils": ("redis",)}
