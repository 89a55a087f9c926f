"""How long is waited on a machine that others use."""

import os

import pytest

from jettison.verify.time_limit import on_this_machine


@pytest.mark.parametrize(
    ("load", "seconds", "allowed"),
    [(0.5, 60.0, 60), (8.0, 60.0, 120), (500.0, 60.0, 180), (500.0, 5.0, 5.0)],
)
def test_a_start_has_longer_where_others_use_the_processors_unless_it_is_to_be_brief(
    load: float, seconds: float, allowed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    assert on_this_machine(seconds) == allowed
