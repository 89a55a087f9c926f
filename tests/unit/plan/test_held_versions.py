"""What stays keeps its releases when a requirement that held them is moved."""

from __future__ import annotations

from packaging.requirements import Requirement

from jettison.index import DistributionFacts, Source
from jettison.index.graph import Closure, held_versions, requirement_graph
from jettison.index.target import Target


def closure(roots: str, **releases: str) -> Closure:
    """What the roots bring; a release is its version and what it requires."""
    facts = {}
    for name, text in releases.items():
        version, *requires = text.split()
        wanted = tuple(map(Requirement, requires))
        facts[name] = DistributionFacts(
            name=name, version=version, requires=wanted, source=Source.INDEX
        )
    graph = requirement_graph(facts, map(Requirement, roots.split()), Target(python="3.12"))
    return Closure(facts=facts, graph=graph)


BEFORE = closure(
    "uvicorn httpx<0.24",
    uvicorn="0.34.0 h11>=0.8",
    httpx="0.23.3 httpcore<0.17,>=0.15",
    httpcore="0.16.3 h11<0.15,>=0.13",
    h11="0.14.0",
)


RELEASES = {"uvicorn": "0.34.0", "httpx": "0.23.3", "httpcore": "0.16.3", "h11": "0.14.0"}
GONE = ("httpx", "httpcore")


def test_what_only_a_moved_requirement_held_back_is_named_with_what_it_allowed() -> None:
    after = {"uvicorn": "0.34.0", "h11": "0.16.0"}
    assert held_versions(BEFORE, GONE, RELEASES, after) == ("h11<0.15,>=0.13",)


def test_a_constraint_that_changes_nothing_is_not_written() -> None:
    after = {"uvicorn": "0.34.0", "h11": "0.14.0"}
    assert held_versions(BEFORE, GONE, RELEASES, after) == ()


def test_another_release_for_no_reason_that_is_known_is_named_exactly() -> None:
    after = {"uvicorn": "0.35.0", "h11": "0.14.0", "click": "8.1"}
    assert held_versions(BEFORE, GONE, RELEASES, after) == ("uvicorn==0.34.0",)
