"""The cache is shown, and cleaned where somebody asks for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jettison.__main__ import run


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "jettison"
    (folder / "blobs" / "sha256").mkdir(parents=True)
    for name, used in (("old", 0), ("new", None)):
        path = folder / "blobs" / "sha256" / name
        path.write_bytes(b"x" * 1000)
        if used is not None:
            os.utime(path, (used, used))
    return folder


def test_showing_removes_nothing(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache"]) == 0
    assert "blobs        2  2 kB" in capsys.readouterr().out
    assert len(list((cache / "blobs" / "sha256").iterdir())) == 2


def test_what_was_not_used_leaves(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "--clean", "30", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["removed"] == {"entries": 1, "bytes": 1000}
    assert [path.name for path in (cache / "blobs" / "sha256").iterdir()] == ["new"]


def test_an_empty_cache_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert run(["cache", "--clean", "0"]) == 0
    assert "is empty" in capsys.readouterr().out
