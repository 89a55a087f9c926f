"""A lean Flask project in a Git repository, checked without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from checkouts import Checkout, Ran, start

from jettison.__main__ import run


@pytest.fixture
def jettison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        status = run([str(each) for each in arguments])
        said = capsys.readouterr()
        return Ran(status=status, out=said.out, err=said.err)

    return command


@pytest.fixture
def lean(tmp_path: Path, jettison: Callable[..., Ran]) -> Checkout:
    """The project on its main branch, with a baseline that the job there wrote."""
    checkout = Checkout(folder=tmp_path / "lean", jettison=jettison)
    start(checkout)
    checkout.git("checkout", "-b", "export")
    return checkout
