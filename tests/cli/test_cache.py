"""The cache is shown, and cleaned where somebody asks for it."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.__main__ import run
from jettison.errors import ProjectError


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


BUSY = """
import sys
from jettison.images.stores.cache import cache_in_use
with cache_in_use():
    print("busy", flush=True)
    sys.stdin.read()
"""


def test_nothing_leaves_while_another_command_uses_it(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"busy\n"
        assert run(["cache", "--clean", "0"]) == 8
        assert "is in use" in capsys.readouterr().err
        assert len(list((cache / "blobs" / "sha256").iterdir())) == 2
        assert run(["cache"]) == 0
        other.kill()
    assert run(["cache", "--clean", "0"]) == 0
    assert list((cache / "blobs" / "sha256").iterdir()) == []


def test_every_command_but_this_one_uses_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A command that looks at the lock while it runs sees that it is held."""
    seen: list[bool] = []

    def look(*_: object, **__: object) -> None:
        held = os.open(cache, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            seen.append(True)
        finally:
            os.close(held)
        raise ProjectError("seen")

    monkeypatch.setattr("jettison.tasks.loading.planned", look)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    run(["plan", str(tmp_path)])
    assert seen == [True]


def test_a_user_that_no_list_of_users_names_needs_no_home(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(number: int) -> None:
        raise KeyError(number)

    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim\n", encoding="utf-8")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("HOME")
    assert run(["plan", str(tmp_path), "--offline"]) == 0
