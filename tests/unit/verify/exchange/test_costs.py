"""Responses that are made to be slow to compare are compared in time that grows as they do."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from jettison.verify import exchange
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.comparison import Comparison, compare_exchanges
from jettison.verify.exchange.forms import read_page
from jettison.verify.exchange.memory import Memory
from jettison.verify.exchange.pages import page_steps
from jettison.verify.workload.step import Remembered, Step

_CHANCE = random.Random(1)
_COUNTS = itertools.cycle((2, 3))
# What grows as its square takes a minute, what grows as its size a fraction of one second.
_LENGTH, _SECONDS = 80_000, 8.0


def some_id() -> str:
    return str(UUID(int=_CHANCE.getrandbits(128)))


def signs(length: int) -> str:
    return f"{some_id()} {'a$' * (length // 2)}"


def one_word(length: int) -> str:
    return f"{'a' * length} {' '.join(some_id() for _ in range(next(_COUNTS)))}"


def keys(length: int) -> str:
    return json.dumps({f"number {each}: {some_id()}": 1 for each in range(length // 50)})


def lists(length: int) -> str:
    return f"{'[' * 50}{', '.join(str(_CHANCE.random()) for _ in range(length // 20))}{']' * 50}"


def asked(bodies: list[list[str]], kind: str) -> Comparison:
    """Compare two runs of each image; every list has the bodies of one run."""
    runs = [
        [
            Exchange(
                name=f"GET /{number}",
                answer=Answer(status=200, headers={"content-type": kind}, body=body.encode()),
            )
            for number, body in enumerate(run)
        ]
        for run in bodies
    ]
    return compare_exchanges(runs[:2], runs[2:])


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (signs, "text/plain"),
        (one_word, "text/plain"),
        (keys, "application/json"),
        (lists, "application/json"),
    ],
)
def test_comparing_takes_no_longer_than_the_size_of_what_varies(
    made: Callable[[int], str], kind: str
) -> None:
    bodies = [[made(_LENGTH)] for _ in range(4)]
    begun = time.process_time()
    assert asked(bodies, kind).differences == ()
    assert time.process_time() - begun < _SECONDS


def test_of_too_much_that_varies_the_beginning_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_VARYING", 2**18)
    same, length = "a line that stays\n" * 4000, 2**14
    runs = [[f"{some_id()}\n{same}{some_id()}" for _ in range(4)] + [same] for _ in range(4)]
    found = asked(runs, "text/plain")
    assert found.differences == ()
    assert found.masked[0].startswith(f"what follows the first {length:,} bytes of responses that")
    runs[2][0] = runs[2][0].replace("stays", "goes", 1)
    runs[3][4] = f"{same}!"
    assert [one.partition(":")[0] for one in asked(runs, "text/plain").differences] == [
        "GET /0",
        "GET /4",
    ]


def test_a_beginning_that_ends_within_what_varies_is_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "_VARYING", 2**16)

    def page() -> str:
        numbers = (_CHANCE.randrange(10 ** _CHANCE.randrange(1, 9)) for _ in range(900))
        return "".join(f"<a href=/{number}/{each}>x</a>" for each, number in enumerate(numbers))

    runs = [[page() for _ in range(20)] for _ in range(4)]
    assert asked(runs, "text/html").differences == ()
    runs[2][7] = runs[3][7] = page().replace("/3>x", "/3>y")
    assert len(asked(runs, "text/html").differences) == 1


def test_of_pages_with_many_links_and_forms_some_of_each_are_considered() -> None:
    made = (
        f"<a href=/p/{_CHANCE.randrange(10**9)}>x</a><form action=/f/{each}><select name=s>"
        + "<option>" * 9
        for each in range(40_000)
    )
    pages = {f"/{number}": "".join(itertools.islice(made, 2000)) for number in range(20)}
    known = [Step(method="GET", path=f"/route{number}/{{id}}") for number in range(2000)]
    begun = time.process_time()
    found = page_steps(pages, {}, known)
    assert time.process_time() - begun < _SECONDS
    assert {one.method for one in found} == {"GET"}
    assert len(found) > 60


def test_a_form_of_many_fields_and_choices_is_read_in_time() -> None:
    page = f"<form>{'<input name=b>' * 15_000}<select name=a>{'<option value=>' * 30_000}</form>"
    begun = time.process_time()
    _, (form,) = read_page(page)
    assert len(form.fields) == 15_001
    assert time.process_time() - begun < _SECONDS


def test_values_are_found_among_very_many_objects() -> None:
    memory = Memory()
    for number in range(40):
        goods = {f"{each}": {"id": each, "name": f"{number}"} for each in range(5000)}
        told = json.dumps({**goods, "order_id": number}).encode()
        answer = Answer(status=200, headers={"content-type": "application/json"}, body=told)
        memory.learn("GET", f"/goods/{number}", answer, signs_in=False)
    begun = time.process_time()
    for name in ("order_id", "id", "colour_id") * 40:
        memory.recall(Remembered(name=name, prefix="/goods", otherwise=1))
    assert time.process_time() - begun < _SECONDS
    assert memory.recall(Remembered(name="order_id", prefix="/goods/7", otherwise=1)) == 7
    assert memory.recall(Remembered(name="order_id", prefix="/goods", otherwise=1, back=2)) == 37
