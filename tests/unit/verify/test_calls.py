"""Calls of gRPC that are made again by their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from jettison.engines import ImageFacts, ImageID
from jettison.verify import calls as module
from jettison.verify.calls import calls
from jettison.verify.observation import Setting
from jettison.verify.request import VerificationRequest

FACTS = ImageFacts(id=ImageID("a"), size=1, layers=())
NAMES = ("shop.Prices/ListItems (empty)", "shop.Prices/GetItem")


@pytest.mark.parametrize(
    ("told", "statuses"),
    [
        ([(NAMES[1], 200, "{}")], [0, 200]),
        ([(NAMES[1], 404, "{}"), (NAMES[0], 200, "{}")], [200, 404]),
        (None, [0, 0]),
    ],
)
def test_what_is_not_answered_any_more_is_seen(
    told: list[tuple[str, int, str]] | None, statuses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def waiting(*_: object) -> Iterator[tuple[None, str]]:
        yield None, "python"

    def ask(*_: object) -> tuple[Any, str]:
        found = told and module._Called(called=told, why="")
        return found, "" if told else "its server takes no connection"

    monkeypatch.setattr(module, "waiting", waiting)
    monkeypatch.setattr(module, "ask", ask)
    engine: Any = SimpleNamespace(inspect=lambda _: FACTS)
    request = VerificationRequest(image_before="a", image_after="b", called=50051)
    setting = Setting(engine=engine, request=request, image="b", facts=FACTS, health_path="")
    container: Any = SimpleNamespace(id="c")
    found, _ = calls(container, setting, NAMES)
    assert [one.name for one in found] == list(NAMES)
    assert [one.answer.status for one in found] == statuses
    assert all(one.answer.status or one.answer.failure for one in found)
