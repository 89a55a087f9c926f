from __future__ import annotations

from collections.abc import Callable

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from jettison.index.distribution_map import DistributionMap, closure

from .conftest import LocalIndex, make_wheel

Open = Callable[..., DistributionMap]


@pytest.fixture
def project(local_index: LocalIndex) -> LocalIndex:
    releases = [
        ("web", "2.0", "Requires-Dist: core\nRequires-Dist: fast; extra == 'speed'\n"),
        ("core", "1.0", ""),
        ("core", "2.0", ""),
        ("core", "3.0", ""),
        ("plugin", "1.0", "Requires-Dist: core<3\n"),
        ("fast", "1.0", ""),
        ("clash", "1.0", "Requires-Dist: core<1\n"),
    ]
    for name, version, metadata in releases:
        files = {f"{name}/__init__.py": ""}
        body = make_wheel(files, name=name, version=version, metadata=metadata)
        local_index.add(f"{name}-{version}-py3-none-any.whl", body)
    return local_index


def _versions(found: DistributionMap, *roots: str) -> dict[str, str]:
    brought = closure(found, [Requirement(root) for root in roots])
    return {name: facts.version for name, facts in brought.facts.items()}


def test_the_newest_that_fits_every_constraint_is_taken(project: LocalIndex, open_local: Open):
    assert _versions(open_local(), "web") == {"web": "2.0", "core": "3.0"}
    assert _versions(open_local(), "web", "plugin")["core"] == "2.0"
    assert _versions(open_local(), "web", "core==1.0")["core"] == "1.0"


def test_bounds_hold_for_what_is_asked_for_and_ask_for_nothing(
    project: LocalIndex, open_local: Open
):
    bounds = {"core": SpecifierSet("==1.0"), "fast": SpecifierSet("==1.0")}
    brought = closure(open_local(), [Requirement("web")], bounds)
    assert {name: facts.version for name, facts in brought.facts.items()} == {
        "web": "2.0",
        "core": "1.0",
    }


def test_extras_bring_their_own(project: LocalIndex, open_local: Open):
    assert set(_versions(open_local(), "web[speed]")) == {"web", "core", "fast"}


def test_constraints_that_contradict_each_other_take_the_newest(
    project: LocalIndex, open_local: Open
):
    assert _versions(open_local(), "web", "clash")["core"] == "3.0"


def test_what_cannot_be_found_is_named(project: LocalIndex, open_local: Open):
    brought = closure(open_local(), [Requirement("web"), Requirement("missing")])
    assert set(brought.graph.edges) - set(brought.facts) == {"missing"}
    assert set(brought.facts) == {"web", "core"}


def test_a_second_closure_makes_no_request(project: LocalIndex, open_local: Open):
    _versions(open_local(), "web", "plugin")
    again = open_local()
    assert _versions(again, "web", "plugin")["core"] == "2.0"
    assert len(project.seen) == 0
