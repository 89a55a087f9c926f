import json

import pytest

from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.comparison import Comparison, compare_exchanges
from jettison.verify.exchange.times import Dated, dated

# 2023-11-14 22:13:20 and 2020-01-01 00:00:00 UTC
BUILT, ANEW = 1_700_000_000, 1_577_836_800
FILES = {"app.js": BUILT, "main.py": BUILT, "other.js": BUILT + 5, "same.css": 1_650_000_000}
TIMES = dated(FILES, {**FILES, "app.js": ANEW, "main.py": ANEW, "more.js": ANEW + 7})


def compared(before: str, after: str, times: Dated = TIMES, kind: str = "text/html") -> Comparison:
    begun = 1_764_400_000.0
    runs = (
        [
            Exchange(
                name="GET /",
                answer=Answer(
                    status=200,
                    headers={"content-type": kind},
                    body=text.encode(),
                    at=begun + run,
                ),
            )
        ]
        for text in (before, after)
        for run in range(2)
    )
    first, second, *others = runs
    return compare_exchanges((first, second), others, times)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"<script src='/x/dash.v4_0_0m{BUILT}.js'>", f"<script src='/x/dash.v4_0_0m{ANEW}.js'>"),
        (f"/app.js?v={BUILT}", f"/app.js?v={ANEW}"),
        (f"/app.js?v={BUILT}.25", f"/app.js?v={ANEW}.0"),
        (f"/app.{BUILT}.js", f"/app.{ANEW}.js"),
        (f"/app.js?v={BUILT}123", f"/app.js?v={ANEW}000"),
        (f"/app.js?v={BUILT:x}", f"/app.js?v={ANEW:x}"),
        (f"tag {BUILT * 10**9 + 5:x}-1a", f"tag {ANEW * 10**9:x}-1a"),
        ("changed 2023-11-14 22:13:20", "changed 2020-01-01 00:00:00"),
        ("changed 2023-11-14T23:13:20+01:00", "changed 2020-01-01T01:00:00+01:00"),
        ("changed 2023-11-14 22:13", "changed 2020-01-01 00:00"),
        ("changed 2023-11-14", "changed 2020-01-01"),
        ("Tue, 14 Nov 2023 22:13:20 GMT", "Wed, 01 Jan 2020 00:00:00 GMT"),
        ("Tue Nov 14 22:13:20 2023", "Wed Jan  1 00:00:00 2020"),
        ("Tue Nov 14 22:13:20 UTC 2023", "Wed Jan  1 00:00:00 UTC 2020"),
    ],
)
def test_the_time_of_the_same_file_is_no_difference(before, after) -> None:
    found = compared(before, after)
    assert found.differences == ()
    assert found.masked == ("body[*] in 1 answer: the time of a file, which building sets",)
    assert compared(before, after, Dated()).differences


@pytest.mark.parametrize("value", [BUILT, BUILT + 0.25, BUILT * 1000, BUILT * 10**9])
def test_a_number_of_json_is_the_time_of_a_file(value) -> None:
    now = type(value)(value * (ANEW / BUILT)) if value > 1e12 else value - BUILT + ANEW
    before, after = (json.dumps({"at": one}) for one in (value, now))
    assert compared(before, after, kind="application/json").differences == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # of a file that has the same time in both, or that only one of both has
        (f"/other.js?v={BUILT + 5}", f"/other.js?v={ANEW}"),
        (f"/app.js?v={BUILT}", f"/app.js?v={ANEW + 7}"),
        (f"/app.js?v={BUILT}", "/app.js"),
        (f"/app.js?v={BUILT}", f"/app.js?v={BUILT + 9}"),
        (f"/app.js?v={BUILT}", f"/main.js?v={ANEW}"),
        ("2023-11-14", "2023-11-15"),
        ("seven", f"{ANEW}"),
    ],
)
def test_other_numbers_and_dates_are_differences(before, after) -> None:
    assert compared(before, after).differences


def test_a_number_that_both_have_stays_equal() -> None:
    assert compared(f"call {BUILT} a", f"call {BUILT} a").differences == ()
    assert dated(FILES, FILES) == Dated()


def test_files_of_one_time_may_have_several_later() -> None:
    before = {"a.js": BUILT, "b.js": BUILT, "c.js": BUILT + 3}
    times = dated(before, {"a.js": ANEW, "b.js": ANEW + 1, "c.js": ANEW + 9})
    assert compared(f"{BUILT} {BUILT}", f"{ANEW} {ANEW + 1}", times).differences == ()
    assert compared(f"{BUILT}", f"{ANEW + 9}", times).differences
