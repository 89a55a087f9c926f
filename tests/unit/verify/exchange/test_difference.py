import base64
import gzip
import io
import json
import random
import string
import zipfile
import zlib
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.comparison import Comparison, compare_exchanges
from jettison.verify.exchange.session import Session
from jettison.verify.workload import TokenScheme
from jettison.verify.workload.step import Step

BEGUN = 1_764_400_000.0  # 2025-11-29 07:06:40 UTC
LATER = BEGUN + 90
JSON = {"content-type": "application/json"}
UUIDS = ("0b1c8c5e-1111-4222-8333-444455556666", "7f9c24e8-3b12-4fef-91d0-4d5a6b7c8e9f")
UUIDS += ("3f1e6a52-9a55-4f4e-8a13-7d0c7a1b2c3d",)


def answer(value: object, status: int = 200, at: float = 0.0) -> Answer:
    return Answer(status=status, headers=JSON, body=json.dumps(value).encode(), at=at)


def text(body: str, kind: str = "text/plain") -> Answer:
    return Answer(status=200, headers={"content-type": kind}, body=body.encode())


def with_headers(**headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=200, headers=named)


def compared(
    before: Sequence[Answer], after: Sequence[Answer], *, strict: bool = False
) -> Comparison:
    """Compare runs of one request."""
    runs = ([[Exchange(name="GET /x", answer=one)] for one in each] for each in (before, after))
    return compare_exchanges(*runs, strict=strict)


def difference(before: Sequence[Answer], *after: Answer) -> str:
    return " ".join(compared(before, after).differences)


def whole(*requests: Sequence[Sequence[Answer]]) -> list[list[Exchange]]:
    """Give the runs of several requests, each of some runs of some answers."""
    named = enumerate(requests)
    rows = [
        [
            Exchange(
                name=f"GET /{number}",
                answer=run[0],
                more=tuple(replace(one, client="again") for one in run[1:]),
            )
            for run in runs
        ]
        for number, runs in named
    ]
    return [list(run) for run in zip(*rows, strict=True)]


def values(*found: object) -> list[Answer]:
    return [answer({"x": one}) for one in found]


def test_names_that_never_come_again_are_compared_by_their_form() -> None:
    made = iter(range(10**8, 10**9, 123_456_7))

    def named(count: int, name: str = "c") -> Answer:
        lines = (f"{name}{next(made)}={each}; Path=/" for each in range(count))
        return Answer(status=200, cookies=tuple(lines))

    before = [named(3), named(3)]
    assert difference(before, named(3), named(3)) == ""
    assert "3 keys such as" in difference(before, named(2), named(2))
    assert difference(before, named(3, "z"), named(3, "z"))


def test_equal_answers_are_the_same() -> None:
    found = compared(values(1, 1), values(1, 1))
    assert (found.total, found.differences, found.varying, found.failing) == (1, (), (), 0)
    assert found.masked == ()


HELP = """\
╭─ Options ─────────────────────────────╮
│ --config PATH  Where it is. [default: │
│                {}/app.toml]           │
╰───────────────────────────────────────╯
"""


def test_the_home_of_another_user_may_be_named_and_break_other_lines() -> None:
    had, has = (
        HELP.format("/root"),
        HELP.format("/home/app").replace("[default: │\n│", "\n│ [default:"),
    )
    runs = [[[Exchange(name="`--help`", answer=text(one))]] for one in (had, has)]
    assert compare_exchanges(*runs, homes=("/root", "/home/app")).differences == ()
    assert compare_exchanges(*runs).differences
    other = [[Exchange(name="`--help`", answer=text(has.replace("app.toml", "other.toml")))]]
    assert compare_exchanges(runs[0], other, homes=("/root", "/home/app")).differences
    paths = [
        [[Exchange(name="GET /x", answer=answer({"at": at}))]] for at in ("/root/a", "/home/app/a")
    ]
    assert compare_exchanges(*paths, homes=("/root", "/home/app")).differences == ()
    assert compare_exchanges(*paths, homes=("/srv", "/home/app")).differences


@pytest.mark.parametrize(
    "name",
    ["payload", "uploads", "downloads", "candidates", "updates", "available_seats", "sentiment"],
)
def test_numbers_below_names_with_words_of_measuring_in_them_are_compared(name: str) -> None:
    had, has = ({name: {"total": number}} for number in (3, 0))
    said = difference([answer(had), answer(had)], answer(has))
    assert said == f"GET /x: body.{name}.total: 3 became 0"


@pytest.mark.parametrize(
    ("new", "named"), [([418], False), ([418] * 3, False), ([418] * 9, True), ([503], True)]
)
def test_where_the_status_is_a_matter_of_chance_some_may_be_new(
    new: list[int], named: bool
) -> None:
    had = [200] * 9 + [201] * 9 + [202] * 9 + [203, 204]
    runs = [[Answer(status=one) for one in each] for each in (had, [200] * 20 + new)]
    assert bool(compared(*runs).differences) is named


def test_a_measured_quantity_is_masked_by_its_whole_name_and_named() -> None:
    had, has = answer({"uptime_seconds": 1}), answer({"uptime_seconds": 2})
    found = compared([had, had], [has])
    assert found.differences == ()
    assert found.masked == (
        "body.uptime_seconds in 1 answer: a number, which is measured, by its name",
    )
    assert "1 became 2" in compared([had, had], [has], strict=True).differences[0]


@pytest.mark.parametrize(
    ("first", "second", "fits", "wrong"),
    [
        (*UUIDS, "not-a-uuid"),
        (f"/notes/{UUIDS[0]}/edit", f"/notes/{UUIDS[1]}/edit", f"/notes/{UUIDS[2]}/edit", "/notes"),
        ("full_d41d8cd98f00b204.txt", "full_9e107d9d372bb682.txt", "full_0123456789abcdef.txt", ""),
        ("d41d8cd98f00b204", "9e107d9d372bb682", "0123456789abcdef", "0123456789abcde"),
        ("took 12.5 ms", "took 3.25 ms", "took 4 ms", "took long"),
        ("dGhlIHF1aWNrIGJyb3du-3", "Zm94IGp1bXBzIG92ZXI_1A", "dGhlIGxhenkgZG9nIDEyMw", "none"),
        ("hash: a5M4RM***", "hash: 8kd0Zq***", "hash: jez/Av***", "hash: a5M4RM"),
        ("eJz" + "tA1" * 20 + ":x", "eJz" + "Bq2" * 20 + ":x", "eJz" + "9-_" * 19 + ":x", "eJz:x"),
        ("sum of 3 of 12ms", "sum of 14 of 9ms", "sum of 5 of 101ms", "sum of 5 with 9ms"),
        (3, 5, 9, None),
        (True, False, True, "yes"),
    ],
)
def test_a_place_that_varies_is_compared_by_its_kind(
    first: object, second: object, fits: object, wrong: object
) -> None:
    before = values(first, second)
    assert difference(before, *values(fits)) == ""
    assert "body.x" in difference(before, *values(wrong))
    assert len(compared(before, values(fits)).masked) == 1


@pytest.mark.parametrize("one", [UUIDS[0], "d41d8cd98f00b204", "12:01:05", "2024-05-17T09:30:00Z"])
def test_what_looks_random_and_stays_in_the_baseline_is_compared(one: str) -> None:
    other = one.replace("0", "3")
    assert "became" in difference(values(one, one), *values(other))


def at(moment: float, value: object) -> Answer:
    return answer({"x": value}, at=moment)


def test_a_time_of_the_run_stays_a_time_of_the_run() -> None:
    had = at(BEGUN, "2025-11-29T07:06:40+00:00")
    assert difference([had, had], at(LATER, "2025-11-29T07:08:10+00:00")) == ""
    assert difference([had, had], at(LATER, "2019-01-01T00:00:00+00:00")) != ""
    assert difference([had, had], at(LATER, "2025-11-29 07:08:10")) != ""


def test_local_time_stays_in_its_zone() -> None:
    kathmandu = at(BEGUN, "2025-11-29 12:51:40")
    assert difference([kathmandu, kathmandu], at(LATER, "2025-11-29 12:53:10")) == ""
    said = difference([kathmandu, kathmandu], at(LATER, "2025-11-29 07:08:10"))
    assert "zone +5.75" in said
    assert "zone +0" in said


def test_numbers_that_count_seconds_follow_the_clock() -> None:
    assert difference([at(BEGUN, 1_764_400_000)] * 2, at(LATER, 1_764_400_090)) == ""
    assert difference([at(BEGUN, 1_764_400_000)] * 2, at(LATER, 1_600_000_000)) != ""
    assert difference([at(BEGUN, 1_764_400_000)] * 2, at(LATER, 1_764_400_090.5)) != ""


def test_a_time_in_days_stays_as_far_from_the_request() -> None:
    before = [at(BEGUN, "2025-12-29T07:06:40Z"), at(BEGUN + 20, "2025-12-29T07:07:00Z")]
    assert difference(before, at(LATER, "2025-12-29T07:08:10Z")) == ""
    assert difference(before, at(LATER, "2025-12-01T07:08:10Z")) != ""


def test_a_value_that_changed_is_named() -> None:
    said = difference([answer({"a": {"n": 1}})] * 2, answer({"a": {"n": 2}}))
    assert said == "GET /x: body.a.n: 1 became 2"


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {}), ({}, {"a": 1}), ({"a": 1}, {"a": "1"}), ({"a": [1]}, {"a": [1, 2]})],
)
def test_another_shape_counts(one: object, other: object) -> None:
    assert "body" in difference([answer(one)] * 2, answer(other))


def test_keys_that_are_never_the_same_are_compared_by_their_form() -> None:
    before = [answer({UUIDS[0]: {"n": 1}}), answer({UUIDS[1]: {"n": 1}})]
    assert difference(before, answer({UUIDS[2]: {"n": 1}})) == ""
    assert difference(before, answer({UUIDS[2]: {"n": 2}})) != ""
    assert difference(before, answer({})) != ""


def test_the_order_of_a_list_counts_unless_the_baseline_varies_it() -> None:
    assert difference([answer([1, 2])] * 2, answer([2, 1])) != ""
    before = [answer([1, 2, 3]), answer([3, 1, 2])]
    assert difference(before, answer([2, 1, 3])) == ""
    assert difference(before, answer([2, 1, 4])) != ""


def test_status_and_content_type_count() -> None:
    assert "200 application/json became 404" in difference([answer({})] * 2, answer({}, 404))
    assert "became 200 text/html" in difference([answer({})] * 2, text("{}", "text/html"))


def test_a_new_server_error_shows_what_it_says() -> None:
    found = compared([answer({})] * 2, [answer({"detail": "No module named 'x'"}, 500)])
    assert found.new_errors == 1
    assert 'new server error: {"detail": "No module named \'x\'"}' in found.differences[0]


def test_server_errors_are_compared_by_status() -> None:
    found = compared([answer({}, 500)] * 2, [answer({"detail": "another text"}, 500)] * 2)
    assert (found.differences, found.failing) == ((), 1)
    said = difference([answer({}, 502)] * 2, answer({}, 500))
    assert said.startswith("GET /x: 502 application/json became 500")


def test_an_answer_that_no_run_of_the_baseline_gave_is_a_difference_however_rare() -> None:
    good, bad = answer({"n": 1}), answer({"n": 2})
    missing = answer({}, 404)
    for wrong in (bad, missing):
        found = compared([good] * 3, [good, wrong, good])
        assert len(found.differences) == 1
        assert ", in 1 of 3 runs" in found.differences[0]
        assert found.open == (0,)
    assert compared([good] * 4, [bad] * 4).open == ()


def test_what_the_baseline_answers_now_and_then_the_candidate_may_too() -> None:
    good, busy = answer({}), answer({"detail": "busy"}, 503)
    found = compared([good, busy, good], [busy, good])
    assert found.differences == ()
    assert found.varying == ("GET /x: 200 application/json; 503 application/json",)
    assert "became 404" in difference([good, busy, good], answer({}, 404))


def test_only_the_place_that_varies_is_left_out() -> None:
    before = [answer({"random": n, "kept": 1}) for n in (4, 7)]
    assert difference(before, answer({"random": 9, "kept": 1})) == ""
    assert "kept: 1 became 2" in difference(before, answer({"random": 9, "kept": 2}))


def test_repeated_answers_of_a_run_are_compared_one_by_one() -> None:
    def run(*numbers: int) -> list[Exchange]:
        first, *more = (answer({"visits": n}) for n in numbers)
        return [Exchange(name="GET /x", answer=first, more=tuple(more))]

    assert compare_exchanges([run(1, 2, 3)] * 2, [run(1, 2, 3)]).differences == ()
    assert len(compare_exchanges([run(1, 2, 3)] * 2, [run(1, 1, 1)]).differences) == 1


def test_lines_of_text_and_metrics_are_compared() -> None:
    assert "body[1]: 'b' became 'c'" in difference([text("a\nb")] * 2, text("a\nc"))
    one = 'calls_total{route="/"} 3.0\nrequest_seconds_sum 0.25'
    kind = "text/plain; version=0.0.4; charset=utf-8"
    assert difference([text(one, kind)] * 2, text(one.replace("0.25", "0.5"), kind)) == ""
    assert "calls_total" in difference([text(one, kind)] * 2, text(one.replace("3.0", "4"), kind))
    told = f"# HELP calls_total Calls.\n{one}"
    assert difference([text(told, "text/plain")] * 2, text(told.replace("0.25", "0.5"))) == ""


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("request_seconds_bucket", True),
        ("http_latency_seconds_by_view_method_bucket", True),
        ("query_duration_sum", True),
        ("query_duration_seconds_count", False),
        ("response_size_bytes_bucket", False),
        ("seconds_asked_total", False),
    ],
)
def test_histograms_of_durations_are_measured(name: str, measured: bool) -> None:
    kind = "text/plain; version=0.0.4"
    one, other = (text(f'{name}{{le="0.1"}} {number}.0', kind) for number in (3, 2))
    assert (difference([one] * 2, other) == "") is measured


def test_ends_of_lines_are_compared() -> None:
    one = text("a,b\r\n1,2\r\n", "text/csv")
    assert "'CRLF' became 'LF'" in difference([one, one], text("a,b\n1,2\n", "text/csv"))
    other = text("a,b\r\n1,2", "text/csv")
    assert "'CRLF' became 'CRLF, none at the end'" in difference([one, one], other)


def test_long_lines_are_shown_where_they_part() -> None:
    one, other = (f"{'a' * 90} stars 1.{digit} {'b' * 90}" for digit in "78")
    said = difference([text(one)] * 2, text(other))
    assert "stars 1.7 b" in said
    assert "stars 1.8 b" in said
    assert "a" * 30 not in said


def test_a_family_of_metrics_whose_series_vary_is_not_compared() -> None:
    def page(*series: str) -> Answer:
        lines = ("# TYPE calls_total counter", *series, 'jobs{queue="a"} 2.0')
        return text("\n".join(lines), "text/plain; version=0.0.4")

    one, head, options = (
        f'calls_total{{method="{word}"}} 1.0' for word in ("GET", "HEAD", "OPTIONS")
    )
    other_worker = [page(one), page(one, head)]
    assert difference(other_worker, page(one, options)) == ""
    assert difference([page(), page(one)], page(head, options)) == ""
    found = compared(other_worker, [page(one)])
    assert any("series that are not always there" in line for line in found.masked)
    assert "jobs" in difference(other_worker, text(page(one).body.decode().replace("2.0", "3")))
    assert "calls" in difference([page(one)] * 2, page(one, options))
    gone = page(one).body.decode().replace('jobs{queue="a"} 2.0', "")
    assert "jobs" in difference(other_worker, text(gone, "text/plain; version=0.0.4"))


def test_what_describes_series_that_some_workers_have_is_not_in_the_pages_of_others() -> None:
    idle = ("# HELP results_total Results.", "# TYPE results_total counter")
    created = ("# HELP results_created Results.", "# TYPE results_created gauge")

    def page(*codes: int) -> Answer:
        counts = (f'results_total{{code="{code}"}} 1.0' for code in codes)
        times = (f'results_created{{code="{code}"}} 1.7' for code in codes)
        lines = (*idle, *counts, *(created if codes else ()), *times)
        return text("\n".join(lines), "text/plain; version=0.0.4")

    assert difference([page(200), page(200, 404)], page()) == ""
    assert difference([page(200), page(200)], page()) != ""
    reworded = page(200).body.decode().replace("Results.", "Answers.")
    assert "HELP" in difference([page(200)] * 2, text(reworded, "text/plain; version=0.0.4"))


@pytest.mark.parametrize("workers", [2, 1])
def test_what_one_of_several_processes_counted_is_not_compared(workers: int) -> None:
    def page(worker: int, *lines: str) -> Answer:
        head = "# TYPE calls_total counter", f"process_start_time_seconds {1700000000 + worker}.5"
        return text("\n".join((*head, *lines)), "text/plain; version=0.0.4")

    def run(*pages: Answer) -> list[Exchange]:
        return [Exchange(name="GET /metrics", answer=pages[0], more=pages[1:])]

    before = [run(page(0), page(workers - 1))] * 2
    created = "# HELP calls_created Calls.", 'calls_created{code="500"} 1.7'
    other = run(page(0), page(workers - 1, 'calls_total{code="500"} 1.0', *created))
    found = compare_exchanges(before, [other])
    assert (found.differences == ()) is (workers > 1)
    assert any("one of several processes" in line for line in found.masked) is (workers > 1)
    nameless = text("process_start_time_seconds 1700000000.5", "text/plain; version=0.0.4")
    assert compare_exchanges(before, [run(nameless)]).differences


def test_a_value_in_quotes_that_varies_may_begin_otherwise_than_some_do_by_chance() -> None:
    runs = ("M4 4h7 1v2z", "M4 4h7 1v1 h3z", "M4 4h6v1z")
    pages = [text(f'<svg width="45mm"><path d="{path}"/></svg>', "text/html") for path in runs]
    assert difference(pages[:2], pages[2]) == ""
    other = text('<svg width="41mm"><path d="M4 4h6v1z"/></svg>', "text/html")
    assert "body" in difference(pages[:2], other)


@pytest.mark.parametrize(("one", "other"), [("_F0a", "_cd3"), ("0aF_", "3dc_")])
def test_a_sign_with_which_tokens_begin_or_end_alike_is_one_of_their_letters(
    one: str, other: str
) -> None:
    before = [
        text(f"t: {one}VWaNW7hJ27lNvjoyamQ{one}"),
        text(f"t: {other}cIWptyvDviO7jx6gwQ3{other}"),
    ]
    assert difference(before, text("t: cdIWWptyvDviO7jx6gwQ3IAym8i")) == ""
    assert "body" in difference(before, text("t: cdIWWptyvDviO7jx6gwQ3IAym8"))


def test_a_secret_that_is_hidden_but_for_a_few_characters_may_begin_with_others() -> None:
    def page(shown: str) -> Answer:
        text = f"<b>salt</b>: <bdi>{shown}</bdi>"
        return Answer(status=200, headers={"content-type": "text/html"}, body=text.encode())

    before = [page("jn" + 20 * "*"), page("wk" + 20 * "*")]
    assert difference(before, page("P7" + 20 * "*")) == ""
    assert difference(before, page("P7" + 19 * "*")) != ""
    assert difference(before, page("P7aaaaaaaaaaaaaaaaaaaa")) != ""


def test_other_bodies_are_compared_by_their_bytes() -> None:
    assert "sha256" in difference([text("a", "image/png")] * 2, text("b", "image/png"))


def test_random_content_may_be_a_little_longer_and_is_never_cut() -> None:
    had = [text(f"\0{number}" * 200, "application/octet-stream") for number in (1, 2)]
    for body, same in (("\0" + "3\0" * 203, True), ("\0" + "3\0" * 150, False)):
        assert (difference(had, text(body, "application/octet-stream")) == "") is same


@pytest.mark.parametrize(
    ("name", "had", "has"),
    [
        ("location", "/a", "/b"),
        ("cache_control", "max-age=3600", "no-store"),
        ("access_control_allow_origin", "*", "null"),
        ("content_encoding", "gzip", ""),
        ("content_type", "text/html; charset=utf-8", "text/html; charset=latin-1"),
        ("x_frame_options", "DENY", "SAMEORIGIN"),
    ],
)
def test_headers_count(name: str, had: str, has: str) -> None:
    one, other = with_headers(**{name: had}), with_headers(**{name: has})
    assert f"header.{name.replace('_', '-')}" in difference([one, one], other)


def test_how_long_an_answer_took_is_no_part_of_it() -> None:
    one, other, more = (
        with_headers(server_timing=said) for said in ("app;dur=0.3", "app;dur=12", "db;dur=0.3")
    )
    assert difference([one, one], other) == ""
    assert "server-timing: 'app;dur=<measured>' became 'db" in difference([one, one], more)
    assert compared([one, one], [other, other], strict=True).differences


def test_a_header_that_is_gone_counts() -> None:
    one = with_headers(cache_control="no-store")
    assert "header.cache-control: 'no-store' became nothing" in difference(
        [one, one], with_headers()
    )


def test_a_connection_that_no_longer_stays_counts() -> None:
    one, other = (replace(text("a"), wire=f"HTTP/1.1, {word}") for word in ("kept", "closed"))
    assert "connection: 'HTTP/1.1, kept' became" in difference([one, one], other)
    assert difference([one, other], one) == ""


def test_headers_of_the_transport_and_of_files_times_do_not_count() -> None:
    one = with_headers(date="a", server="x/1", etag='"1"', content_length="3", vary="A, b")
    other = with_headers(date="b", server="x/2", etag='"2"', content_length="4", vary="B, a")
    assert difference([one, one], other) == ""
    assert "header.etag" in difference([one, one], with_headers(date="b", server="x", vary="A, b"))
    weak = with_headers(date="b", server="x", etag='W/"1"', vary="A, b")
    assert "header.etag: 'is there' became 'is there, weak'" in difference([one, one], weak)
    bare = with_headers(date="a", etag='"1"', content_length="3", vary="A, b")
    assert "header.server: 'is there' became nothing" in difference([one, one], bare)


def test_a_cookie_may_be_named_by_a_token_of_the_run() -> None:
    def cookie(token: str, path: str = "/") -> Answer:
        return Answer(status=200, cookies=(f"access-token-{token}=; Path={path}",))

    one = cookie("6-92NXwErEVmMY1PoA7vJRa7NFnHteadpVdLWboP9eI")
    two = cookie("Yr6hKvt73cHKlUtORP9In_n42SRS7qO8imFU7kWtEnw")
    other = "b1Q0mVf7cXh2Zr9L-sKpTn3wYe8uGd6jAo5iRk4EvMx"
    assert difference([one, two], cookie(other)) == ""
    assert "cookie" in difference([one, two], cookie(other, "/shop"))
    assert "cookie" in difference([one, two], Answer(status=200))


def test_names_attributes_and_fixed_values_of_cookies_count() -> None:
    def cookie(*lines: str) -> Answer:
        return Answer(status=200, cookies=lines)

    one = cookie("sid=aB3xY9; HttpOnly; Path=/", "theme=dark")
    two = cookie("sid=qW8eR7; HttpOnly; Path=/", "theme=dark")
    assert difference([one, two], cookie("sid=zU1iO2; HttpOnly; Path=/", "theme=dark")) == ""
    for wrong in (
        cookie("sid=zU1iO2; Path=/", "theme=dark"),
        cookie("sid=zU1iO2; HttpOnly; Path=/"),
        cookie("sid=zU1iO2; HttpOnly; Path=/; SameSite=None", "theme=dark"),
        cookie("sid=; HttpOnly; Path=/", "theme=dark"),
        cookie("sid=zU1iO2; HttpOnly; Path=/", "theme=light"),
    ):
        assert "cookie." in difference([one, two], wrong)


def test_whether_a_body_is_streamed_counts() -> None:
    one, other = (Answer(status=200, body=b"x", streamed=streamed) for streamed in (True, False))
    assert difference([one, one], other) == "GET /x: streamed: true became false"


def test_answers_that_are_missing_count() -> None:
    one = Exchange(name="GET /x", answer=answer({}))
    found = compare_exchanges([[one, one]], [[one]])
    assert found.differences == ("1 requests got no response",)


def stream(body: str, *, unended: bool = True) -> Answer:
    headers = {"content-type": "text/event-stream"}
    return Answer(status=200, headers=headers, body=body.encode(), unended=unended)


def test_streams_are_compared_by_what_both_gave() -> None:
    one = stream("data: a\n\ndata: b\n\n")
    assert difference([one, one], stream("data: a\n\n")) == ""
    assert "body[2]" in difference([one, one], stream("data: a\n\ndata: c\n\n"))
    assert "body" in difference([one, one], stream(""))


def test_a_stream_that_ends_now_is_a_difference() -> None:
    one = stream("data: a\n\n")
    said = difference([one, one], stream("data: a\n\n", unended=False))
    assert "unended: true became false" in said


def test_what_follows_the_kept_part_of_a_body_counts() -> None:
    one, other = (Answer(status=200, body=b"x", rest=f"9 bytes, sha256 {n}") for n in (1, 2))
    assert "rest" in difference([one, one], other)
    assert difference([one, other], other) == ""


def compressed(content: bytes, at: int) -> Answer:
    body = gzip.compress(content, mtime=at)
    return Answer(status=200, headers={"content-type": "application/gzip"}, body=body)


def test_a_file_compressed_at_another_time_is_the_same() -> None:
    assert difference([compressed(b"a", 1)] * 2, compressed(b"a", 2)) == ""
    assert difference([compressed(b"a", 1)] * 2, compressed(b"b", 1))


def packed(made: int, **members: str) -> Answer:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in {"made": str(made), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, (2030, 1, made, 0, 0, 0)), content)
    kind = {"content-type": "application/vnd.oasis.opendocument.text"}
    return Answer(status=200, headers=kind, body=body.getvalue())


def test_an_archive_is_compared_by_what_it_holds() -> None:
    had = [packed(made, title="stock") for made in (1, 2)]
    assert difference(had, packed(3, title="stock")) == ""
    assert "body.title.crc" in difference(had, packed(3, title="Stock"))
    assert "body.more" in difference(had, packed(3, title="stock", more="1"))
    cut = [replace(one, body=one.body[:-9]) for one in had]
    assert difference(cut, replace(had[0], body=had[0].body[:-9])) == ""


def document(made: int, title: str) -> Answer:
    own = f"/CreationDate (D:2030010100000{made}) /Title ({title}) /ID [<{made}a>\n<{made}a>]"
    return text(f"%PDF-1.4\n{own}", "application/pdf")


def test_when_a_document_was_made_is_no_part_of_it() -> None:
    had = [document(made, "bill") for made in (1, 2)]
    assert difference(had, document(3, "bill")) == ""
    assert "body.sha256" in difference(had, document(3, "Bill"))


def test_what_a_list_of_any_length_always_holds_it_has_to_hold() -> None:
    title = "<h1>Notes</h1>"
    before = [text(f"{title}\n<p>note 1</p>"), text(f"{title}\n<p>note 2</p>\n<p>note 3</p>")]
    assert difference(before, text(f"{title}\n<p>note 4</p>\n<p>note 5</p>\n<p>note 6</p>")) == ""
    assert "<h1>Notes</h1>' is missing" in difference(before, text("<p>note 4</p>"))
    assert "body[*]" in difference(before, text(f"{title}\nTraceback (most recent call)"))


def test_a_rare_difference_where_the_baseline_is_restless_may_be_chance() -> None:
    title = "<h1>Notes</h1>"
    usual = [text(f"{title}\n<p>{a}</p>\n<p>{b}</p>") for a, b in ("ab", "ba", "ab", "ba", "ab")]
    lost = text("<p>a</p>\n<p>b</p>")
    found = compared(usual, [*usual[:4], lost])
    assert found.doubtful == set(found.differences) != set()
    assert compared(usual, [lost] * 5).doubtful == frozenset()
    # where the baseline is always the same, it counts however rare it is
    assert compared([usual[0]] * 5, [*[usual[0]] * 4, lost]).doubtful == frozenset()


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 400 + b"1" + b"}" * 400, b'{"n": 1' + b"0" * 4000 + b"}", b"[NaN]"],
)
def test_strange_json_is_compared_as_well(body: bytes) -> None:
    one = Answer(status=200, headers=JSON, body=body, at=BEGUN)
    assert difference([one, one], replace(one, at=LATER)) == ""
    assert difference([one, one], replace(one, body=body + b" x")) != ""


def late(seconds: float) -> Answer:
    return replace(answer(1), waited=seconds)


@pytest.mark.parametrize(("after", "says"), [
    ((4.0, 4.0, 0.01, 4.0), "comes after 4.0 s, in 3 of 4 runs"),
    ((4.0, 4.0, 0.01), ""),
    ((1.5, 1.5, 1.5), ""),
])  # fmt: skip
def test_what_comes_much_later_in_several_runs_is_different(
    after: tuple[float, ...], says: str
) -> None:
    found = compared([late(0.02)] * 3, [late(one) for one in after])
    assert "".join(found.differences) == (f"GET /x: {says}" if says else "")


def test_what_is_sent_beside_others_waits_for_them() -> None:
    def runs(seconds: float, beside: int) -> list[list[Exchange]]:
        session = Session(lambda *_: late(seconds), "localhost:8000", TokenScheme())
        steps = [Step(method="GET", path=path, beside=beside) for path in ("/x", "/y")]
        return [list(session.exchanges(steps))] * 4

    assert compare_exchanges(runs(0.02, beside=1), runs(5.0, beside=1)).differences == ()
    assert len(compare_exchanges(runs(0.02, beside=0), runs(5.0, beside=0)).differences) == 2


def test_what_always_comes_a_little_later_is_different() -> None:
    def run(*seconds: float) -> list[Exchange]:
        first, *more = (replace(late(one), client="again") for one in seconds)
        preflight = replace(late(0.001), client="preflight")
        return [Exchange(name="GET /x", answer=first, more=(*more, preflight))]

    quick, slow = run(0.01, 0.06, 0.01, 0.01), run(0.9, 0.8, 0.9, 0.9)
    assert "comes after 0.9 s" in compare_exchanges([quick] * 3, [slow] * 3).differences[0]
    assert compare_exchanges([quick] * 2, [slow] * 2).open
    busy = run(0.9, 0.1, 0.9, 0.9)
    assert compare_exchanges([quick] * 3, [busy] * 3).differences == ()


def test_a_difference_of_every_answer_needs_fewer_runs_than_one_of_some() -> None:
    first = compared(values(1, 1), values(2, 2))
    assert first.open
    assert not first.certain
    further = compared(values(1, 1, 1), values(2, 2, 2))
    assert further.certain
    assert not further.open
    assert compared(values(1, 1, 1), values(2, 2, 1)).open


def test_that_one_kind_of_client_sees_no_difference_makes_none_rare() -> None:
    def run(value: int) -> list[Exchange]:
        preflight = replace(text(""), client="preflight")
        return [Exchange(name="GET /x", answer=answer(value), more=(answer(value), preflight))]

    found = compare_exchanges([run(1)] * 3, [run(2)] * 3)
    assert found.differences == ("GET /x: body: 1 became 2",)
    assert not found.open


def raw(text: str) -> Answer:
    return Answer(status=200, headers=JSON, body=text.encode())


@pytest.mark.parametrize(
    ("had", "has", "says"),
    [
        ('{"b": 1, "a": 2}', '{"a": 2, "b": 1}', "order of keys was b, a and is a, b"),
        ('[{"x": {"b": 1, "a": 2}}]', '[{"x": {"a": 2, "b": 1}}]', "body[*].x: the order of keys"),
        ('{"b": 1, "a": 2}', '{"b":1,"a":2}', "behind colons of JSON was there and is absent"),
        ("[1, 2]", "[1,2]", "what follows commas of JSON was one space and is no space"),
        ("[\n  1,\n  2\n]", "[\n 1,\n 2\n]", "a line with 2 spaces and is a line with 1 spaces"),
        ('"é: {,"', '"\\u00e9: {,"', "beyond ASCII was written as it is and is escaped"),
    ],
)
def test_json_that_is_written_otherwise_is_a_difference(had, has, says) -> None:
    assert says in difference([raw(had), raw(had)], raw(has), raw(has))


@pytest.mark.parametrize(
    ("had", "has"),
    [
        # in another order in the baseline as well
        (('{"b": 1, "a": 2}', '{"a": 2, "b": 1}'), '{"a": 2, "b": 1}'),
        (('["a1", "b2"]', '["a3","b4"]'), '["a5", "b6"]'),
    ],
)
def test_what_is_written_in_several_ways_may_be_written_in_any(had, has) -> None:
    assert not difference([raw(one) for one in had], raw(has), raw(has))


def test_other_keys_are_told_as_such() -> None:
    had, has = raw('{"b": 1, "a": 2}'), raw('{"c": 2, "b": 1}')
    assert "order" not in difference([had, had], has, has)


def squeezed(body: bytes, padding: int = 0, tag: str = 'W/"a"') -> Answer:
    headers = {"content-encoding": "gzip", "content-length": f"{90 + padding}", "etag": tag}
    return Answer(status=200, headers={"content-type": "text/plain", **headers}, body=body)


def unpacked(body: bytes) -> Answer:
    headers = {"content-length": f"{len(body)}", "etag": '"a"'}
    return Answer(status=200, headers={"content-type": "text/plain", **headers}, body=body)


@pytest.mark.parametrize(
    ("body", "paddings", "differs"),
    [
        (b"abcdefgh" * 17, (3, 70), False),
        (b"abcdefgh" * 17, (3, 3), True),
        (b"abcdefgh" * 200, (3, 70), True),
    ],
)
def test_a_server_that_pads_at_random_may_not_compress_what_gains_little(
    body: bytes, paddings: tuple[int, int], *, differs: bool
) -> None:
    page = Exchange(
        name="GET /", answer=squeezed(b"page", paddings[0]), more=(squeezed(b"page", 70),)
    )
    if paddings[0] == paddings[1]:
        page = replace(page, more=(page.answer,))
    had, has = (
        [page, Exchange(name="GET /x", answer=one, more=(one,) * 3)]
        for one in (squeezed(body), unpacked(body))
    )
    assert bool(compare_exchanges([had, had], [has, has]).differences) is differs


def fault(
    place: str, name: str = "DisallowedHost", title: str = "Bad Request", how: str = ""
) -> Answer:
    body = (
        f"<html><title>{title} at /x</title><p>Traceback{how}:\n"
        f"  File {place}/handlers/exception.py\nAnError: {name}Error\n</html>"
    )
    return Answer(status=400, headers={"content-type": "text/html"}, body=body.encode())


@pytest.mark.parametrize("how", ["", " (most recent call last)"])
def test_a_page_of_an_exception_may_tell_another_place_of_the_distributions(how: str) -> None:
    had = [fault("/usr/local/lib/python3.11/site-packages", how=how)] * 2
    assert difference(had, fault("/opt/venv/lib/python3.11/site-packages", how=how)) == ""
    assert "exceptions" in difference(had, fault("/opt/venv/lib", name="Import"))
    assert "title" in difference(had, fault("/opt/venv/lib", title="No module"))


def test_an_answer_with_a_traceback_may_tell_another_place_of_the_distributions() -> None:
    def told(place: str, line: int = 7) -> Answer:
        frames = f'  File "{place}/aiohttp/client.py", line {line}, in _request\n    raise error\n'
        return answer({"code": 0, "msg": f"Traceback (most recent call last):\n{frames}"})

    had = [told("/usr/local/lib/python3.11/site-packages")] * 2
    assert difference(had, told("/opt/venv/lib/python3.11/site-packages")) == ""
    assert "line 8" in difference(had, told("/opt/venv/lib/python3.11/site-packages", 8))
    assert difference(had, told("/srv/lib"))


def test_a_traceback_may_begin_in_the_script_that_another_installer_wrote() -> None:
    def told(script: str, line: int, name: str = "<module>") -> Answer:
        return answer({"msg": f'  File "{script}", line {line}, in {name}\n    sys.exit(main())\n'})

    had = [told("/usr/local/bin/alembic", 8)] * 2
    assert difference(had, told("/opt/venv/bin/alembic", 10)) == ""
    assert difference(had, told("/opt/venv/bin/flask", 10))
    assert difference(had, told("/usr/local/bin/alembic", 8, "main"))


def jwt(claims: dict[str, object], signature: str = "c2lnbmF0dXJl") -> str:
    parts = (json.dumps(one).encode() for one in ({"alg": "HS256"}, claims))
    texts = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return ".".join((*texts, signature))


def test_what_a_signed_token_says_is_compared_by_place() -> None:
    def token(moment: float, scope: str = "films", hours: int = 2) -> Answer:
        times = {"iat": int(moment), "exp": int(moment) + 3600 * hours}
        return at(moment, {"token": jwt({"scope": scope, **times}, f"AbC{moment:.0f}")})

    before = [token(BEGUN + 7), token(BEGUN + 19)]
    assert difference(before, token(LATER)) == ""
    said = difference(before, token(LATER, scope="slims"))
    assert said == "GET /x: body.x.token[1].scope: 'films' became 'slims'"
    assert "body.x.token[1].exp: a whole number that is a time became" in difference(
        before, token(LATER, hours=3)
    )


def test_what_a_signed_cookie_holds_is_compared_and_digests_by_their_length() -> None:
    def session(packed: bool, moment: str, digest: str, **data: str) -> Answer:
        text = json.dumps({"_id": digest, **data}).encode()
        text = base64.urlsafe_b64encode(zlib.compress(text) if packed else text)
        value = f"{'.' if packed else ''}{text.decode().rstrip('=')}.{moment}.s1G{moment}"
        return Answer(status=200, headers={}, cookies=(f"session={value}; Path=/",))

    for packed in (True, False):
        before = [session(packed, f"aSx{n}Qg", f"{n}a" * 32, role="member") for n in (1, 2)]
        assert difference(before, session(packed, "aSx7Qg", "3b" * 32, role="member")) == ""
        said = difference(before, session(packed, "aSx7Qg", "3b" * 32, role="guests"))
        assert "cookie.session.value[0].role: 'member' became 'guests'" in said


def in_letters(moment: float) -> str:
    """Write seconds as Django does in what it signs."""
    signs, text, left = string.digits + string.ascii_uppercase + string.ascii_lowercase, "", moment
    while left:
        left, digit = divmod(int(left), len(signs))
        text = signs[digit] + text
    return text


def in_bytes(moment: float) -> str:
    return base64.urlsafe_b64encode(int(moment).to_bytes(4, "big")).decode().rstrip("=")


@pytest.mark.parametrize("written", [in_letters, in_bytes])
def test_a_signed_cookie_may_be_signed_at_any_second(written: Callable[[float], str]) -> None:
    def session(moment: float, word: str = "") -> Answer:
        value = f"eyJ2aXNpdHMiOiAxfQ.{word or written(moment)}.{'aQ' * 13}"
        return replace(at(moment, {}), cookies=(f"session={value}; Path=/",))

    before = [session(BEGUN + 1), session(BEGUN + 2)]
    for later in range(90):
        assert difference(before, session(LATER + later)) == ""
    assert difference(before, session(LATER, written(LATER - 10**7)))


@pytest.mark.parametrize("factor", [1, 1000])
def test_a_number_that_is_a_time_stays_as_far_from_the_answer(factor: int) -> None:
    def expires(moment: float, hours: int) -> Answer:
        return at(moment, {"expires": int((moment + 3600 * hours) * factor)})

    def said(moment: float, hours: int) -> Answer:
        return at(moment, {"said": f"until {int((moment + 3600 * hours) * factor)}"})

    for made in (expires, said):
        before = [made(BEGUN + 7, 2), made(BEGUN + 19, 2)]
        assert difference(before, made(LATER, 2)) == ""
        assert "body." in difference(before, made(LATER, 3))


def test_an_entity_tag_of_data_is_compared_and_that_of_a_file_is_not() -> None:
    def tagged(tag: str, **more: str) -> Answer:
        return replace(answer({"x": 1}), headers={**JSON, "etag": tag, **more})

    said = difference([tagged('"1"'), tagged('"1"')], tagged('"2"'))
    assert said == """GET /x: header.etag: '"1"' became '"2"'"""
    assert difference([tagged('"1"'), tagged('"2"')], tagged('"3"')) == ""
    address = replace(tagged('"2"'), body=b'{"x": "172.17.0.3"}')
    other = replace(tagged('"3"'), body=b'{"x": "172.18.0.2"}')
    assert difference([address, address], other) == ""
    file = {"last-modified": "Mon, 30 Nov 2026 10:00:00 GMT"}
    assert difference([tagged('"1"', **file)] * 2, tagged('"2"', **file)) == ""


def test_keys_that_come_and_go_by_chance_may_come_at_any_place_of_a_run() -> None:
    before = [values({"a": 1}, {"b": 1}, {"a": 1}), values({"a": 1}, {"a": 1}, {"b": 1})]
    after = [values({"b": 1}, {"a": 1}, {"a": 1}), values({"a": 1}, {"b": 1}, {"b": 1})]
    assert compare_exchanges(whole(before), whole(after)).differences == ()
    after[0][0] = values({"c": 1})[0]
    assert compare_exchanges(whole(before), whole(after)).differences


@pytest.mark.parametrize(
    ("had", "has"),
    [
        ([500, *[200] * 9], [500] * 5 + [200] * 5),
        (["red", "green"] * 5, ["red"] * 10),
        (["red", "green"] * 5, ["red", "green"] * 3 + ["black"] * 4),
        (["red", "green"] * 5, ["black"] * 10),
    ],
)
def test_what_comes_much_more_often_in_every_run_is_different(had: list, has: list) -> None:
    def run(found: list, start: int) -> list[Answer]:
        turned = [*found[start:], *found[:start]]
        return [answer({}, one) if isinstance(one, int) else values(one)[0] for one in turned]

    before, after = ([run(found, start) for start in range(6)] for found in (had, has))
    first = compare_exchanges(whole(before[:2]), whole(after[:2]))
    assert first.open == (0,)
    assert first.doubtful
    found = compare_exchanges(whole(before), whole(after))
    assert found.certain
    assert not found.doubtful
    assert "of the responses of a run became" in found.differences[0]
    assert not compare_exchanges(whole(before), whole(before[::-1])).differences


def test_of_many_requests_that_each_start_answers_otherwise_some_differ_by_chance() -> None:
    def alarms(count: int) -> int:
        """Count verdicts, each after three runs of both, that call one request different."""
        chosen, found = random.Random(count), 0
        for _ in range(40):
            runs = [
                whole(*([values(chosen.choice("ab"))] * 1 for _ in range(count)))[0]
                for _ in range(6)
            ]
            found += compare_exchanges(runs[:3], runs[3:]).certain
        return found

    assert alarms(1) <= 4
    assert alarms(40) <= 4


def test_more_runs_decide_one_of_many_requests_that_vary() -> None:
    chosen = random.Random(7)
    noise = [[values(chosen.choice("ab")) for _ in range(16)] for _ in range(30)]
    had, has = [values("kept")] * 8, [values("lost")] * 8
    before, after = (
        whole(own, *(one[place : place + 8] for one in noise))
        for own, place in ((had, 0), (has, 8))
    )
    assert not compare_exchanges(before[:3], after[:3]).certain
    found = compare_exchanges(before, after)
    assert found.certain
    assert [one for one in found.differences if one not in found.doubtful] == [
        "GET /0: body.x: 'kept' became 'lost'"
    ]


def test_what_no_more_runs_can_decide_and_is_no_error_may_be_chance() -> None:
    good, other, bad = answer({"n": 1}), answer({"n": 2}), answer({}, 500)
    found = compared([good] * 8, [good, other, *[good] * 6])
    assert (found.open, len(found.doubtful)) == ((), 1)
    assert compared([good] * 8, [good, bad, *[good] * 6]).doubtful == frozenset()
    # where the candidate is run more often, as it has other code, it was never the baseline's turn
    assert compared([good] * 2, [good, other, *[good] * 6]).doubtful == frozenset()
