from pathlib import Path

import pytest
from local_engine import LocalEngine
from msgspec.structs import replace

from jettison.engines import ImageFacts, ImageID
from jettison.verify import runs
from jettison.verify.observation import Observation, Setting, WorkerOutcome
from jettison.verify.request import VerificationRequest, Worker

STAYS = WorkerOutcome(running=True, status=0, seconds=8.0, said="")
FAILS = WorkerOutcome(running=False, status=1, seconds=9.0, said="No module named 'packaging'")
ENDS = replace(FAILS, status=0, said="done")


def test_a_worker_that_fails_in_the_candidate_is_watched_for_longer_in_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    had = {"queue": STAYS, "beat": STAYS, "mail": FAILS, "once": STAYS}
    has = {"queue": FAILS, "beat": STAYS, "mail": FAILS, "once": ENDS}
    asked: list[str] = []

    def watched(_: Setting, worker: Worker, seconds: float) -> WorkerOutcome:
        asked.append(worker.name)
        return replace(FAILS, seconds=seconds)

    monkeypatch.setattr(runs, "watched", watched)
    facts = ImageFacts(id=ImageID("sha256:1"), size=0, layers=())
    request = VerificationRequest(
        image_before="a", image_after="b", workers=tuple(Worker(name=name) for name in had)
    )
    setting = Setting(
        engine=LocalEngine(Path()), request=request, image="a", facts=facts, health_path=""
    )
    before, after = (Observation(facts=facts, workers=each) for each in (had, has))
    found = runs.watched_on(setting, before, after)
    assert asked == ["queue"]
    assert {name: one.running for name, one in found.workers.items()} == {
        "queue": False,
        "beat": True,
        "mail": False,
        "once": True,
    }
