"""What is sent beside requests, as browsers, scripts and caches do."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Mapping

from msgspec.structs import replace

from jettison.verify.exchange import Answer
from jettison.verify.exchange.session import Session
from jettison.verify.workload import TokenScheme
from jettison.verify.workload.step import Client, Step


class Server:
    """Answers everything alike and keeps what it was sent."""

    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.sent: list[tuple[str, Mapping[str, str]]] = []

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((method, headers))
        return Answer(status=200, headers=self.headers, body=b"0123456789")


def explored(server: Server, *steps: Step, languages: tuple[str, ...] = ()) -> tuple[Step, ...]:
    session = Session(server, "localhost:8000", TokenScheme(), languages=languages)
    return session.explore(steps)[0]


GET = Step(method="GET", path="/x")


def test_requests_are_those_of_a_browser() -> None:
    server = Server()
    explored(server, GET, Step(method="POST", path="/x"))
    first, last = server.sent[0][1], server.sent[-1][1]
    assert first["Accept-Encoding"] == "gzip, deflate"
    assert first["Accept-Language"] == "en"
    assert "Origin" not in first
    assert last["Origin"] == "http://localhost:8000"


class Mixing(Server):
    """Keeps the last path that it was asked for where every request sees it."""

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked = target
        time.sleep(0.05)
        found = super().__call__(method, target, headers, body)
        return replace(found, body=self.asked.encode())


def test_requests_that_read_are_sent_beside_each_other_as_well() -> None:
    asked = (GET, Step(method="GET", path="/y"), Step(method="POST", path="/z"))
    steps, answers = Session(Mixing(), "localhost:8000", TokenScheme()).explore(asked)
    names = ["GET /x (beside others)", "GET /y (beside others)"]
    assert [step.name for step in steps if step.beside] == names
    assert [one.answer.body for one in answers[:3]] == [b"/x", b"/y", b"/z"]
    assert len({one.answer.body for one in answers[3:]}) == 1
    again = Session(Mixing(), "localhost:8000", TokenScheme()).exchanges(steps)
    assert [one.name for one in again] == [one.name for one in answers]


def test_each_language_of_the_application_has_its_turn() -> None:
    server = Server()
    explored(server, GET, Step(method="GET", path="/y"), languages=("de", "fr", "ne"))
    assert {headers["Accept-Language"] for _, headers in server.sent} == {"de", "fr", "ne"}


def test_a_page_that_speaks_languages_is_asked_for_in_each() -> None:
    class Speaks(Server):
        def __call__(
            self, method: str, target: str, headers: Mapping[str, str], body: bytes
        ) -> Answer:
            answer = super().__call__(method, target, headers, body)
            return replace(answer, body=headers["Accept-Language"].encode())

    class Restless(Server):
        def __call__(
            self, method: str, target: str, headers: Mapping[str, str], body: bytes
        ) -> Answer:
            answer = super().__call__(method, target, headers, body)
            token = hashlib.sha256(str(len(self.sent)).encode()).hexdigest().encode()
            return replace(answer, body=gzip.compress(b"token " + token + answer.body))

    spoken, silent, restless = Speaks(), Server(), Restless(content_encoding="gzip")
    languages = ("de", "en", "fr", "it", "ne")
    (step,) = explored(spoken, GET, languages=languages)
    pages = [
        one
        for client, (_, one) in zip(step.repeats, spoken.sent[1:], strict=True)
        if client == Client.PAGE
    ]
    assert {one["Accept-Language"] for one in pages} == set(languages)
    for server in (silent, restless):
        (other,) = explored(server, GET, languages=languages)
        assert other.repeats.count(Client.PAGE) == 1


def test_what_an_answer_offers_is_tried_as_further_clients() -> None:
    server = Server(
        etag='"7"', accept_ranges="bytes", vary="Accept-Encoding", access_control_allow_origin="*"
    )
    (step,) = explored(server, GET)
    assert set(step.repeats) == set(Client)
    assert step.repeats.count(Client.AGAIN) > 1
    by_client = dict(zip(step.repeats, server.sent[1:], strict=True))
    assert by_client[Client.CONDITIONAL][1]["If-None-Match"] == '"7"'
    assert by_client[Client.RANGE][1]["Range"] == "bytes=2-9"
    assert by_client[Client.COMPRESSED][1]["Accept-Encoding"] == "br"
    assert by_client[Client.HEAD][0] == "HEAD"
    assert by_client[Client.PROXY][1]["X-Forwarded-Proto"] == "https"
    method, headers = by_client[Client.PREFLIGHT]
    assert (method, headers["Access-Control-Request-Method"]) == ("OPTIONS", "GET")


def test_scripts_of_other_origins_ask_first_whatever_pages_are_told() -> None:
    server = Server()
    first, second = explored(server, GET, Step(method="POST", path="/x/1"))
    assert Client.PREFLIGHT in first.repeats
    assert second.repeats == (Client.PREFLIGHT,)
    asked = [headers for method, headers in server.sent if method == "OPTIONS"]
    assert [one["Access-Control-Request-Method"] for one in asked] == ["GET", "POST"]


def test_the_same_requests_are_sent_to_the_other_image() -> None:
    first, second = Server(etag='"7"'), Server()
    steps = explored(first, GET)
    again = tuple(Session(second, "localhost:8000", TokenScheme()).exchanges(steps))
    assert [method for method, _ in first.sent] == [method for method, _ in second.sent]
    assert [answer.client for answer in again[0].more] == [one.value for one in steps[0].repeats]


def test_only_what_reads_is_repeated_where_it_is_in_doubt() -> None:
    server = Server()
    steps = (Step(method="POST", path="/x"), GET)
    found = tuple(
        Session(server, "localhost:8000", TokenScheme()).exchanges(steps, frozenset({0, 1}))
    )
    assert (len(found[0].answers), len(found[1].answers)) == (1, 9)


class Waiting(Server):
    """Says of every response that it took so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return replace(super().__call__(method, target, headers, body), seconds=self.seconds)


def ways_to_ask(*paths: str) -> tuple[Step, ...]:
    return tuple(
        Step(method="POST", path=path, variation=f"{number}")
        for path in paths
        for number in range(20)
    )


def test_a_slow_route_is_asked_in_few_ways_and_the_others_are_counted() -> None:
    asked = ways_to_ask("/x")
    steps, answers = Session(Waiting(2.0), "localhost:8000", TokenScheme()).explore(asked)
    assert len(answers) == 3
    assert sorted(one.name for one in steps) == sorted(one.name for one in asked)
    assert [one.name for one in steps[:3]] == [one.name for one in answers]


def test_each_of_many_slow_routes_is_asked_once_at_least() -> None:
    asked = ways_to_ask(*(f"/{number}" for number in range(40)))
    steps, answers = Session(Waiting(2.0), "localhost:8000", TokenScheme()).explore(asked)
    sent = {step.path for step, _ in zip(steps, answers, strict=False)}
    assert sent == {one.path for one in asked}
    assert len(answers) < 80


def test_quick_routes_are_asked_in_every_way() -> None:
    asked = ways_to_ask("/x", "/y")
    _, answers = Session(Waiting(0.4), "localhost:8000", TokenScheme()).explore(asked)
    assert len(answers) == len(asked)


def test_what_the_user_asks_is_sent_however_slow_it_is() -> None:
    own = tuple(Step(method="POST", path="/x", variation="probe", raw_body=b"") for _ in range(9))
    _, answers = Session(Waiting(9.0), "localhost:8000", TokenScheme()).explore(own)
    assert len(answers) == len(own)


def test_where_time_is_short_ways_to_ask_are_left_out_everywhere_alike() -> None:
    server = Waiting(0.4)
    asked = ways_to_ask(*(f"/{number}" for number in range(40)))
    last = Step(method="DELETE", path="/0", last=True)
    session = Session(server, "localhost:8000", TokenScheme(), spent=lambda: len(server.sent) / 200)
    steps, answers = session.explore((*asked, last))
    sent = steps[: len(answers)]
    assert len(answers) < 200
    assert len(steps) == len(asked) + 1
    assert sent[-1] == last
    assert len({one.path for one in sent}) > 35


def test_the_first_of_each_path_that_works_is_repeated_most_often() -> None:
    ways = (Step(method="GET", path="/x", variation=name) for name in ("", "a", "b"))
    many = (Step(method="GET", path=f"/page-{number}") for number in range(99))
    steps = explored(Server(), *ways, *many)
    counts = [one.repeats.count(Client.AGAIN) for one in steps]
    assert counts[:3] == [9, 4, 4]
    assert set(counts[3:62]) == {9}
    assert {0, 4} == set(counts[62:])
