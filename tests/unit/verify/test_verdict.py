import json

import pytest
from msgspec.structs import replace

from jettison.report import rendered
from jettison.report.verdict_text import verdict_text
from jettison.verify import CheckResult, Outcome, Subject, Verdict

SAME = CheckResult(name="start", outcome=Outcome.SAME, message="both become ready")
DIFFERENT = CheckResult(
    name="routes",
    outcome=Outcome.DIFFERENT,
    message="1 of 2 responses identical",
    details=("GET /page: 200 became 500",),
)
SKIP = Outcome.SKIPPED
ROUTES = replace(DIFFERENT, outcome=Outcome.SAME)
SKIPPED = CheckResult(name="memory", outcome=Outcome.SKIPPED, message="not started")
VERDICT = Verdict(
    engine="docker 26",
    before=Subject(image="a", startup_seconds=1.5, memory=90_000_000),
    after=Subject(image="b", startup_seconds=None, memory=None),
    checks=(SAME, DIFFERENT, SKIPPED),
)


def test_one_difference_is_enough() -> None:
    assert not VERDICT.equivalent
    assert VERDICT.differences == (DIFFERENT,)
    assert replace(VERDICT, checks=(SAME, ROUTES, SKIPPED)).equivalent


@pytest.mark.parametrize("checks", [(), (SKIPPED,), (SAME, replace(ROUTES, outcome=SKIP), SKIPPED)])
def test_without_a_look_at_what_it_does_nothing_is_equivalent(
    checks: tuple[CheckResult, ...],
) -> None:
    verdict = replace(VERDICT, checks=checks)
    assert not verdict.equivalent
    assert verdict_text(verdict).startswith(
        "Verdict: unknown (no behaviour of the application could be compared)\n"
    )
    assert [check.name for check in verdict.reasons] == [
        check.name for check in checks if check.name == "routes"
    ]


def test_nothing_is_measured_of_images_of_which_one_does_not_become_ready() -> None:
    dead = replace(DIFFERENT, name="start", message="the candidate does not become ready")
    said = verdict_text(replace(VERDICT, checks=(dead,)))
    assert said.startswith("Verdict: not equivalent (start)\n\ncheck")


@pytest.mark.parametrize("seen", ["routes", "test-suite", "workers", "modules"])
def test_imports_alone_show_nothing_of_an_application_that_is_never_run(seen: str) -> None:
    none = CheckResult(
        name="coverage",
        outcome=Outcome.SAME,
        message="none of the application's 12 lines executed; not executed: /app/app.py (12 lines)",
        before="0 of 12 lines",
    )
    verdict = replace(VERDICT, checks=(SAME, replace(ROUTES, name=seen), none))
    assert verdict.equivalent == (seen != "modules")
    some = replace(none, message="8 % of the application's 12 lines executed")
    assert replace(verdict, checks=(SAME, replace(ROUTES, name=seen), some)).equivalent


def test_images_that_both_refuse_to_go_on_were_run_and_the_verdict_says_so() -> None:
    said = "both end with status 1: ValueError: no token"
    ended = replace(SAME, outcome=SKIP, message=said, before="ended", after="ended")
    verdict = replace(VERDICT, checks=(ended, ROUTES))
    assert verdict.equivalent
    assert verdict.ran
    assert not verdict.dead_before
    assert said in " ".join(verdict_text(verdict).split("before:")[0].split())
    assert not replace(verdict, checks=(replace(SAME, outcome=SKIP), ROUTES)).ran


def test_the_way_in_which_both_were_run_is_a_part_of_the_verdict() -> None:
    way = "both were run with sample values for TOKEN"
    started = replace(SAME, message=f"both become ready; {way}")
    said = verdict_text(replace(VERDICT, checks=(started, ROUTES)))
    assert f"equivalent (2 checks); {way}" in " ".join(said.split("\n\n")[0].split())
    refused = f"both end with status 1; {way}"
    ended = replace(SAME, outcome=SKIP, message=refused, before="ended", after="ended")
    said = verdict_text(replace(VERDICT, checks=(ended, ROUTES)))
    told = " ".join(said.split("\n\n")[0].split())
    assert f"{way}; both end with status 1" in told
    assert told.count(way) == 1


def test_what_is_not_known_of_the_lines_executed_is_a_part_of_the_verdict() -> None:
    why = "no line of the application was counted"
    uncounted = replace(SAME, name="coverage", outcome=SKIP, message=why)
    said = verdict_text(replace(VERDICT, checks=(SAME, ROUTES, uncounted)))
    assert f"equivalent (2 checks); {why}" in " ".join(said.split("\n\n")[0].split())


def test_json_holds_all_of_it() -> None:
    document = json.loads(rendered("verdict", "json", VERDICT))
    assert document["schema"] == "jettison.verdict/v1"
    assert document["equivalent"] is False
    assert document["checks"][1]["outcome"] == "different"


def test_the_table_reads_without_colour() -> None:
    assert verdict_text(VERDICT) == (
        "Verdict: not equivalent (routes)\n"
        "before: healthy after 1.50 s, 90 MB at rest\n"
        "after:  ran to its end\n"
        "\n"
        "check   result     what was compared\n"
        "------  ---------  ---------------------------\n"
        "start   same       both become ready\n"
        "routes  DIFFERENT  1 of 2 responses identical\n"
        "                   - GET /page: 200 became 500\n"
        "memory  skipped    not started\n"
    )


def test_a_long_list_of_differences_is_cut() -> None:
    many = replace(DIFFERENT, details=tuple(f"GET /{n}" for n in range(12)))
    text = verdict_text(replace(VERDICT, checks=(many,)))
    assert "GET /9\n" in text
    assert "and 2 more" in text


def test_a_change_that_many_responses_share_is_said_once() -> None:
    change = "header.x-version: '1' became '2'"
    details = (f"GET /a: {change}", "GET /b: 200 became 404", f"GET /b (page=2): {change}")
    text = verdict_text(replace(VERDICT, checks=(replace(DIFFERENT, details=details),)))
    assert f"- GET /a and 1 more: {change}" in text
    assert "- GET /b: 200 became 404" in text
    assert "page=2" not in text
