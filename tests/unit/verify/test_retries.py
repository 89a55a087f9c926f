"""When further runs of images are worth their time."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from unittest.mock import Mock

import pytest

from jettison.engines import ImageFacts, ImageID, Stopped
from jettison.values import replace
from jettison.verify import retries
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.observation import Conversation, Interior, Loaded, Observation, Start, Stored
from jettison.verify.request import VerificationRequest
from jettison.verify.retries import doubtful, further, hindered, of_the_moment, unsettled

FACTS = ImageFacts(id=ImageID("sha256:aa"), size=1, layers=())
ASKED = VerificationRequest(image_before="a", image_after="b")


def run(*statuses: int) -> tuple[Exchange, ...]:
    named = zip(("GET /a", "GET /b"), statuses, strict=True)
    return tuple(Exchange(name=name, answer=Answer(status=status)) for name, status in named)


@pytest.mark.parametrize(
    ("narrow", "writable", "blamed"),
    [
        (run(200, 200), run(200, 200), False),
        (run(500, 200), run(200, 200), True),
        (run(500, 200), run(500, 200), False),
        (run(500, 404), run(200, 404), True),
    ],
)
def test_a_read_only_root_is_blamed_for_what_a_writable_one_mends(
    narrow: tuple[Exchange, ...], writable: tuple[Exchange, ...], *, blamed: bool
) -> None:
    before = Observation(facts=FACTS, exchanges=run(200, 200), reruns=(run(200, 200),))
    after = Observation(facts=FACTS, read_only=True, exchanges=narrow, reruns=(writable,))
    assert hindered(ASKED, before, after) is blamed


def test_other_code_is_worth_more_starts() -> None:
    own, other = (Stored(application={"main.py": digest}) for digest in "12")
    seen = Observation(facts=FACTS, stored=own, exchanges=run(200, 200), reruns=(run(200, 200),))
    assert not doubtful(ASKED, seen, seen)
    assert doubtful(ASKED, seen, replace(seen, stored=other))


def test_other_code_is_worth_no_more_starts_once_responses_differ() -> None:
    own, other = (Stored(application={"main.py": digest}) for digest in "12")
    before = Observation(facts=FACTS, stored=own, exchanges=run(200, 200), reruns=(run(200, 200),))
    after = replace(before, stored=other, exchanges=run(404, 200), reruns=(run(404, 200),))
    assert not doubtful(ASKED, before, after)


def test_more_runs_decide_which_files_are_written_and_not_their_modes() -> None:
    def seen(mode: str, *paths: str) -> Observation:
        written = {"/data/a": mode}
        lists = ("distributions", "time_zones", "programs", "libraries", "modules")
        none: dict[str, Any] = {name: {} for name in (*lists, "writable", "names")}
        trusted, secure = 1, Loaded(works=True)
        inner = Interior(
            user_id=1, python="3.13", written=written, certificates=trusted, secure=secure, **none
        )
        return Observation(facts=FACTS, interior=inner, wrote=(frozenset(paths),) * 2)

    both = seen("0640 own", "/data/a", "/data/b")
    assert not unsettled(ASKED, both, seen("0644 own", "/data/a", "/data/b"))
    assert unsettled(ASKED, both, seen("0640 own", "/data/a"))


def begun(memory: int) -> Start:
    stopped = Stopped(exit_status=0, seconds=0.1, killed=False)
    return Start(seconds=1.0, memory=memory, health=None, stopped=stopped)


@pytest.mark.parametrize(("rest", "grown", "moment"), [(300, 60, True), (50, 900, False)])
def test_more_starts_decide_the_memory_at_rest_and_not_that_after_requests(
    rest: int, grown: int, *, moment: bool
) -> None:
    before, after = (
        Observation(facts=FACTS, starts=(begun(first * 10**6),), grown=second * 10**6)
        for first, second in ((50, 60), (rest, grown))
    )
    assert of_the_moment(ASKED, before, after) is moment


def test_what_is_looked_at_afterwards_counts_as_opened_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Run:
        failure = ""
        seconds = 0.0
        container = Mock(streams=lambda: ("", ""))

        @staticmethod
        def opened() -> frozenset[str]:
            asked.append("opened")
            return frozenset()

    monkeypatch.setattr(retries, "running", lambda *_: nullcontext(Run))
    monkeypatch.setattr(retries, "converse", lambda *_: ((), (), 0))
    monkeypatch.setattr(retries, "written_files", lambda *_: ())
    monkeypatch.setattr(retries, "ended", lambda _: "")
    setting: Any = Mock(facts=FACTS)
    further(setting, Conversation(), None, lambda _: asked.append("looked at"))
    assert asked == ["opened", "looked at"]
