"""What a trace is trained on is not what judges it."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.verify.exchange import Answer
from jettison.verify.exchange.session import Session
from jettison.verify.workload import Body, Interface, Operation, TokenScheme
from jettison.verify.workload.plan import workload
from jettison.verify.workload.step import FEWEST, training_of

TEXT = {"type": "string"}
BODY = Body(
    media_type="application/json",
    schema={"type": "object", "properties": {"title": TEXT, "username": TEXT, "password": TEXT}},
)
LOGIN = Operation(method="POST", path="/login", body=BODY)


def routes(count: int) -> Interface:
    reading = [Operation(method="GET", path=f"/kinds/{n}/{{id}}") for n in range(count)]
    return Interface(operations=(LOGIN, *reading))


def test_a_share_of_the_routes_is_withheld_and_never_the_login() -> None:
    for count in (10, 23, 60):
        training = training_of(routes(count))
        assert len(training.withheld) == count // 5
        assert LOGIN in training.seen
        assert training_of(routes(count)) == training


def test_of_few_routes_none_is_withheld() -> None:
    assert training_of(routes(FEWEST - 1)).withheld == ()


def test_what_is_withheld_is_not_sent_wherever_it_is_found() -> None:
    interface = routes(10)
    training = training_of(interface)
    links = "".join(f'<a href="/kinds/{n}/5">x</a>' for n in range(10))
    page = Answer(status=200, headers={"content-type": "text/html"}, body=links.encode())
    sent: list[str] = []

    def send(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent.append(f"{method} {target}")
        return page

    session = Session(send, "localhost:8000", TokenScheme(), training=training)
    session.explore(workload(interface))
    for one in training.withheld:
        begins = one.path.partition("{")[0]
        assert not [text for text in sent if text.startswith(f"GET {begins}")]
    for one in training.seen[1:]:
        assert [text for text in sent if text.startswith(f"GET {one.path.partition('{')[0]}")]


def test_values_are_others_but_for_the_account() -> None:
    interface = Interface(operations=(Operation(method="POST", path="/notes", body=BODY),))
    (usual, *_) = workload(interface)
    (other, *_) = training_of(interface).steps(workload(interface))
    assert usual.payload
    assert other.payload
    assert usual.payload.value["title"] != other.payload.value["title"]
    assert usual.payload.value["password"] == other.payload.value["password"]
