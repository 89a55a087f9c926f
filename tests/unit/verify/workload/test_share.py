"""Of more routes and requests than are sent, some of every kind are chosen."""

from __future__ import annotations

from collections import Counter

from jettison.verify.workload import Body, Interface, Operation
from jettison.verify.workload.plan import few, some_of_each
from jettison.verify.workload.step import Step

LOGIN = Operation(
    method="POST",
    path="/login",
    body=Body(
        media_type="application/json", schema={"properties": {"username": {}, "password": {}}}
    ),
)
MANY = [
    Operation(method=method, path=path.format(number, "{id}"))
    for number in range(1000)
    for method, path in (("POST", "/thing{0}"), ("GET", "/thing{0}/{1}"))
]
OTHERS = [Operation(method="GET", path=path) for path in ("/about", "/news", "/health", "/shop")]


def test_routes_are_chosen_from_every_kind_and_what_belongs_together_together() -> None:
    every = Interface(operations=(*MANY, *OTHERS, LOGIN))
    found = some_of_each(every, 65)
    assert len(found) == 65
    assert all(one in found for one in (*OTHERS, LOGIN))
    assert [one for one in every.operations if one in found] == list(found)
    assert found == some_of_each(Interface(operations=every.operations[::-1]), 65)[::-1]
    things = Counter(one.path.split("/")[1] for one in found if "thing" in one.path)
    assert set(things.values()) == {2}
    assert max(int(thing.removeprefix("thing")) for thing in things) > 500


def test_fewer_routes_than_that_are_all_chosen() -> None:
    every = Interface(operations=(*OTHERS, LOGIN))
    assert some_of_each(every, 5) == every.operations


def test_each_route_is_asked_before_any_is_asked_in_another_way() -> None:
    ways = ("", "empty body", "absent")
    steps = [
        Step(method="GET", path=f"/{number}", variation=way, anonymous=way == "")
        for number in range(50)
        for way in ways
    ]
    steps.append(Step(method="POST", path="/login", signs_in=True))
    found = few(steps, 61)
    assert [one for one in steps if one in found] == list(found)
    assert steps[-1] in found
    counts = Counter(one.path for one in found if not one.signs_in)
    assert len(counts) == 50
    assert Counter(counts.values()) == {1: 40, 2: 10}
    assert not any(one.anonymous for one in found)
