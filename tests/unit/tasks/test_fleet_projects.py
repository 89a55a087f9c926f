"""One project of a fleet is verified; its files are written when both images behave the same."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import msgpack

from jettison.assessment.fleet_file import Member
from jettison.errors import WriteError
from jettison.tasks import optimizing_elsewhere
from jettison.tasks.fleet.orders import Order
from jettison.tasks.fleet.projects import verify_project

DOCKERFILE = 'FROM python:3.13-slim\nCOPY . /app\nCMD ["python", "/app/main.py"]\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project whose images behave the same, as if both were built and compared."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "main.py").write_text("print()\n")
    verdict = SimpleNamespace(equivalent=True, ran=True, differences=())
    sizes = [SimpleNamespace(size=SimpleNamespace(bytes=amount)) for amount in (20, 10)]

    def compared(_engine: str | None, found: Any, *_rest: object) -> SimpleNamespace:
        return SimpleNamespace(plan=found.plan, verdict=verdict, before=sizes[0], after=sizes[1])

    monkeypatch.setattr(optimizing_elsewhere, "optimize_with", compared)
    monkeypatch.setattr("jettison.tasks.fleet.projects.conclusion", lambda _: "equivalent")
    return root


def order(project: Path, *, write: bool) -> bytes:
    member = Member(name="shop", path=project.name)
    return msgpack.encode(Order(member=member, root=str(project.parent), offline=True, write=write))


@pytest.mark.parametrize("write", [False, True])
def test_files_are_written_when_that_is_wanted(project: Path, write: bool) -> None:
    done = verify_project(order(project, write=write))
    assert (done.before, done.after) == (20, 10)
    assert done.updated is write
    assert ((project / "Dockerfile").read_text() != DOCKERFILE) is write


def test_nothing_is_compared_where_uncommitted_changes_keep_files_from_being_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    monkeypatch.setattr(optimizing_elsewhere, "optimize_with", None)
    with pytest.raises(WriteError, match="the project has uncommitted changes"):
        verify_project(order(project, write=True))
    assert (project / "Dockerfile").read_text() == DOCKERFILE
