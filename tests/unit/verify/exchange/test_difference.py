import json

import pytest

from jettison.verify.exchange.answer import Answer, Exchange
from jettison.verify.exchange.difference import Comparison, compare_exchanges


def answer(value: object, status: int = 200) -> Answer:
    headers = {"content-type": "application/json"}
    return Answer(status=status, headers=headers, body=json.dumps(value).encode())


def text(body: str, kind: str = "text/plain") -> Answer:
    return Answer(status=200, headers={"content-type": kind}, body=body.encode())


def compare(one: Answer, other: Answer, again: Answer | None = None) -> Comparison:
    before, after = ([Exchange(name="GET /x", answer=a)] for a in (one, other))
    repeated = [Exchange(name="GET /x", answer=again or one)]
    return compare_exchanges([before, repeated], [after])


def difference(one: Answer, other: Answer, again: Answer | None = None) -> str:
    return " ".join(compare(one, other, again).differences)


def test_equal_answers_are_the_same() -> None:
    found = compare(answer({"a": 1}), answer({"a": 1}))
    assert (found.total, found.differences, found.flaky, found.failing) == (1, (), (), 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-05-17T09:30:00Z", "2025-01-02T03:04:05.678+02:00"),
        ("0b1c8c5e-1111-4222-8333-444455556666", "7f9c24e8-3b12-4fef-91d0-4d5a6b7c8e9f"),
        ("backup_20240517_093000", "backup_20250102_030405"),
        ("eyJhbGciOiJI.eyJzdWIi.abc_-1", "eyJhbGciOiJI.eyJzdWIx.xyz"),
        ("took 12.5 ms at 10.0.0.2:80", "took 3 ms at 172.18.0.3:4711"),
        ("d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"),
        ("3a8db62c20240517093000c01cd03abc", "9e107d9d372bb6826bd81d3542a419d6"),
        ("uploads/full_d41d8cd98f00b204.txt", "uploads/full_9e107d9d372bb682.txt"),
    ],
)
def test_times_ids_tokens_and_addresses_do_not_count(one: str, other: str) -> None:
    assert difference(answer({"x": one}), answer({"x": other})) == ""


def test_a_value_that_changed_is_named() -> None:
    said = difference(answer({"a": {"n": 1}}), answer({"a": {"n": 2}}))
    assert said == "GET /x: the body differs at $.a.n: '1' became '2'"


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {}), ({}, {"a": 1}), ({"a": 1}, {"a": "1"}), ({"a": [1]}, {"a": [1, 2]})],
)
def test_another_shape_counts(one: object, other: object) -> None:
    assert "the body differs" in difference(answer(one), answer(other))


def test_status_and_content_type_count() -> None:
    assert "200 application/json became 404" in difference(answer({}), answer({}, 404))
    assert "became 200 text/html" in difference(answer({}), text("{}", "text/html"))


def test_a_new_server_error_shows_what_it_says() -> None:
    found = compare(answer({}), answer({"detail": "No module named 'x'"}, 500))
    assert found.new_errors == 1
    assert 'new server error: {"detail": "No module named \'x\'"}' in found.differences[0]


def test_a_server_error_that_was_there_counts_as_same_and_is_counted() -> None:
    found = compare(answer({}, 500), answer({}, 500))
    assert (found.differences, found.failing) == ((), 1)


def test_another_status_in_a_second_run_sets_an_answer_apart() -> None:
    found = compare(answer({}), answer({}, 404), again=answer({}, 503))
    assert found.differences == ()
    assert found.flaky == ("GET /x: 200 application/json, then 503 application/json",)


def test_only_the_place_that_does_not_repeat_is_left_out() -> None:
    one, again = {"random": 4, "kept": 1}, {"random": 7, "kept": 1}
    assert difference(answer(one), answer({"random": 9, "kept": 1}), answer(again)) == ""
    said = difference(answer(one), answer({"random": 9, "kept": 2}), answer(again))
    assert "$.kept" in said


def test_the_order_of_things_with_random_ids_does_not_count() -> None:
    first = [{"id": "0b1c8c5e-1111-4222-8333-444455556666", "n": n} for n in (1, 2)]
    assert difference(answer(first), answer(first[::-1])) == ""
    assert difference(answer([1, 2]), answer([2, 1])) != ""


def test_lines_of_text_and_metrics_are_compared() -> None:
    assert "line 2" in difference(text("a\nb"), text("a\nc"))
    one = 'calls_total{route="/"} 3.0\nrequest_seconds_sum 0.25'
    assert difference(text(one), text(one.replace("0.25", "0.5"))) == ""
    assert "calls_total" in difference(text(one), text(one.replace("3.0", "4.0")))


def test_other_bodies_are_compared_by_their_bytes() -> None:
    assert "sha256" in difference(text("a", "image/png"), text("b", "image/png"))


def test_headers_that_a_client_follows_count() -> None:
    one, other = (Answer(status=302, headers={"location": to}) for to in ("/a", "/b"))
    assert "location was '/a' and is '/b'" in difference(one, other)
    cookie = Answer(status=200, cookies=("sid=1",))
    assert "cookies" in difference(cookie, Answer(status=200))


def test_headers_that_do_not_repeat_are_left_out() -> None:
    one, other = (Answer(status=302, headers={"location": to}) for to in ("/a", "/b"))
    assert difference(one, other, again=other) == ""
    cookie, none = Answer(status=200, cookies=("sid=1", "theme=dark")), Answer(status=200)
    assert difference(cookie, Answer(status=200, cookies=("theme=dark",)), again=none) == ""
    assert "cookies" in difference(cookie, none, again=Answer(status=200, cookies=("theme=x",)))


def test_answers_that_are_missing_count() -> None:
    one = Exchange(name="GET /x", answer=answer({}))
    found = compare_exchanges([[one, one]], [[one]])
    assert found.differences == ("1 requests were not answered",)


def test_a_difference_that_a_second_run_does_not_show_is_none() -> None:
    one = [Exchange(name="GET /x", answer=answer({"order": ["a", "b"]}))]
    other = [Exchange(name="GET /x", answer=answer({"order": ["b", "a"]}))]
    assert compare_exchanges([one, one], [other, one]).differences == ()
    assert len(compare_exchanges([one, one], [other, other]).differences) == 1


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [((500,), 1), ((500, 200), 1), ((500, 200, 200), 0), ((200, 500, 500), 1)],
)
def test_a_new_server_error_counts_when_half_of_the_runs_show_it(
    statuses: tuple[int, ...], counts: int
) -> None:
    def run(status: int) -> list[Exchange]:
        return [Exchange(name="GET /x", answer=answer({}, status))]

    found = compare_exchanges([run(200), run(200)], [run(status) for status in statuses])
    assert (found.new_errors, len(found.differences), len(found.flaky)) == (
        counts,
        counts,
        1 - counts,
    )
    assert all("in 1 of 3 runs after" in one for one in found.flaky)


def stream(body: str, *, unended: bool = True) -> Answer:
    headers = {"content-type": "text/event-stream"}
    return Answer(status=200, headers=headers, body=body.encode(), unended=unended)


def test_streams_are_compared_by_what_both_gave() -> None:
    assert difference(stream("data: a\n\ndata: b\n\n"), stream("data: a\n\n")) == ""
    assert "line 3" in difference(
        stream("data: a\n\ndata: b\n\n"), stream("data: a\n\ndata: c\n\n")
    )
    assert "line 1" in difference(stream("data: a\n\n"), stream(""))


def test_a_stream_that_ends_now_is_a_difference() -> None:
    said = difference(stream("data: a\n\n"), stream("data: a\n\n", unended=False))
    assert "the body ends after 9 bytes" in said


def test_what_follows_the_kept_part_of_a_body_counts() -> None:
    one, other = (Answer(status=200, body=b"x", rest=f"9 bytes, sha256 {n}") for n in (1, 2))
    assert "whole body" in difference(one, other)
    assert difference(one, other, again=other) == ""
