"""Kinds of log lines are compared, not their numbers and times."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jettison.engines import ImageFacts, ImageID, Stopped
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks import CHECKS
from jettison.verify.checks.check import kinds_of
from jettison.verify.observation import Observation, Start
from jettison.verify.request import VerificationRequest

CHECK = next(one for one in CHECKS if one.name == "logs")
ASKED = VerificationRequest(image_before="a", image_after="b")
LOG = """\
[2024-05-01 10:00:01 +0000] [7] [INFO] Starting gunicorn 23.0.0
\x1b[32mINFO\x1b[0m:     127.0.0.1:41234 - "GET /books HTTP/1.1" 200 OK
WARNING shelf no book 999999
a line without a level
"""


def seen(*logs: str) -> Observation:
    facts = ImageFacts(id=ImageID("sha256:aa"), size=1, layers=())
    return Observation(facts=facts, logs=tuple(map(kinds_of, logs)))


def judged(before: tuple[str, ...], after: tuple[str, ...]) -> CheckResult:
    return CHECK.compare(seen(*before), seen(*after), ASKED)


def test_numbers_times_and_colours_make_no_other_kind() -> None:
    other = LOG.replace("[7]", "[12]").replace("10:00:01", "23:59:59").replace("41234", "5")
    assert kinds_of(LOG) == kinds_of(other)
    assert len(kinds_of(LOG)) == 4


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (LOG.replace("WARNING shelf", "ERROR shelf"), "written no more: WARNING shelf no book #"),
        (LOG.replace("WARNING shelf", "WARNING desk"), "written no more: WARNING shelf"),
        (f"{LOG}ValueError: no\n", "a new exception: ValueError: no"),
        (f"{LOG}ERROR shelf: no index\n", "is written only now: ERROR shelf: no index"),
        (f"{LOG}WARNING: 2 books lost\n", "is written only now: WARNING: # books lost"),
        (
            LOG.replace("a line without a level\n", ""),
            "written no more: lines such as a a a a a, as 'a line without a level'",
        ),
    ],
)
def test_lines_that_are_lost_and_exceptions_that_are_new_are_named(after: str, said: str) -> None:
    found = judged((LOG, LOG), (after, after))
    assert found.outcome is Outcome.DIFFERENT
    assert said in found.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((LOG, LOG), (LOG, f"{LOG}ValueError: once\n")),
        ((LOG, LOG.replace("WARNING", "note")), (LOG.replace("WARNING", "note"),)),
        ((LOG, LOG), (f"{LOG}INFO something more\n",)),
        ((LOG, LOG), (f"{LOG}an error is no level\n",) * 2),
        ((LOG, LOG), (LOG, f"{LOG}ERROR shelf: no index\n")),
        ((f"{LOG}ValueError: no\n", LOG), (f"{LOG}ValueError: no\n",)),
    ],
)
def test_what_not_every_run_writes_is_no_difference(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert judged(before, after).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("out", "errors", "outcome"),
    [
        ("WARNING: this is a server for development\n", "", Outcome.SAME),
        ("ValueError: no\n", "", Outcome.DIFFERENT),
        ("", "WARNING: no index\n", Outcome.DIFFERENT),
    ],
)
def test_what_is_written_at_once_now_waited_in_a_buffer_before(
    out: str, errors: str, outcome: Outcome
) -> None:
    before, after = seen(LOG, LOG), seen(LOG, LOG)
    said = kinds_of(LOG + out, errors)
    facts = replace(after.facts, environment=(("PYTHONUNBUFFERED", "1"),))
    found = CHECK.compare(before, replace(after, facts=facts, logs=(said, said)), ASKED)
    assert found.outcome is outcome


def test_what_a_planned_root_that_is_read_only_warns_of_is_no_difference() -> None:
    warned = f"{LOG}WARNING no cache can be kept\n"
    planned = replace(ASKED, expected_read_only=True)
    assert CHECK.compare(seen(LOG, LOG), seen(warned, warned), planned).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("user", "outcome"), [("10001:10001", Outcome.SAME), ("", Outcome.DIFFERENT)]
)
def test_that_the_user_is_root_is_written_no_more_of_another_one(
    user: str, outcome: Outcome
) -> None:
    warned = f"{LOG}*** WARNING: you are running as root !!! ***\n"
    planned = replace(ASKED, expected_user=user)
    assert CHECK.compare(seen(warned, warned), seen(LOG, LOG), planned).outcome is outcome


def test_a_line_that_comes_on_the_other_stream_is_missed() -> None:
    facts = ImageFacts(id=ImageID("sha256:aa"), size=1, layers=())
    before, after = (
        Observation(facts=facts, logs=(kinds_of(*streams),) * 2) for streams in (("", LOG), (LOG,))
    )
    found = CHECK.compare(before, after, ASKED)
    assert "is written no more: WARNING shelf no book # (standard error)" in found.details
    assert not any("only now" in one for one in found.details)
    assert CHECK.compare(before, before, ASKED).outcome is Outcome.SAME


def test_a_line_that_a_race_between_threads_decides_is_not_compared() -> None:
    told = f"{LOG}[2026-05-01 10:00:01 +0000] [7] [INFO] Control socket listening at /root/a.ctl\n"
    assert judged((told, told), (LOG, LOG)).outcome is Outcome.SAME


def test_lines_of_the_end_are_compared_too() -> None:
    def ending(log: str, *, killed: bool = False) -> Observation:
        stopped = Stopped(exit_status=137 if killed else 0, seconds=0.1, killed=killed)
        one = Start(seconds=1, memory=None, health=None, stopped=stopped, log=kinds_of(log))
        return replace(seen(LOG, LOG), starts=(one,))

    closing = f"{LOG}INFO shelf closed\n"
    found = CHECK.compare(ending(closing), ending(LOG), ASKED)
    assert found.message == "is written no more: INFO shelf closed"
    # a worker may learn in its last moment that the process it belongs to was killed
    found = CHECK.compare(ending(closing, killed=True), ending(LOG, killed=True), ASKED)
    assert found.outcome is Outcome.SAME
    late = replace(ending(closing, killed=True), logs=(kinds_of(LOG),) * 2)
    early = replace(ending(closing, killed=True), logs=(kinds_of(closing),) * 2)
    assert CHECK.compare(early, late, ASKED).outcome is Outcome.SAME


def test_forms_of_lines_of_a_text_are_not_compared() -> None:
    text = "\n".join("word " * number for number in range(1, 60))
    assert judged((text, text), ("", "")).outcome is Outcome.SAME


def test_warnings_of_what_byte_code_spares_are_no_lines_of_the_application() -> None:
    warned = f"/app/x.py:3: SyntaxWarning: invalid escape sequence\n  re.compile('a')\n{LOG}"
    assert judged((warned, warned), (LOG, LOG)).outcome is Outcome.SAME


def test_what_lines_for_debugging_name_does_not_count_and_that_there_are_some_does() -> None:
    one, other = "DEBUG watcher: saw idlelib", "DEBUG watcher: saw asyncio"
    assert kinds_of(one) == kinds_of(other) != kinds_of("")
    assert kinds_of(f"{one} pip.dist-info") == kinds_of(f"{other} six.dist-info")
    assert kinds_of("saw pip.dist-info") == kinds_of("saw six.dist-info")
    assert kinds_of(one.replace("DEBUG", "INFO")) != kinds_of(other.replace("DEBUG", "INFO"))


def test_how_a_server_learns_that_its_client_has_gone_is_no_difference() -> None:
    gone = "BrokenPipeError: [Errno 32] Broken pipe"
    assert kinds_of(gone) == kinds_of("ConnectionResetError: [Errno 104] Connection reset by peer")
    assert kinds_of(gone) != kinds_of("ConnectionRefusedError: [Errno 111] Connection refused")


def test_what_a_warning_says_in_several_lines_is_no_line_of_the_log() -> None:
    warned = (
        "/usr/lib/worker/platforms.py:841: SecurityWarning: You run it as root: this is\n"
        "absolutely not recommended!\n\nPlease use another user.\n\n"
        "  warnings.warn(SecurityWarning(ROOT))\n"
    )
    assert judged((warned + LOG, warned + LOG), (LOG, LOG)).outcome is Outcome.SAME
    cut = warned.partition("  warnings")[0] + LOG
    lost = LOG.replace("a line without a level\n", "")
    assert judged((cut, cut), (lost, lost)).outcome is Outcome.DIFFERENT
