"""Commands of a project's settings run on this machine only where the user says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.__main__ import run
from jettison.errors import ProjectError
from jettison.tasks.loading import Planned, commands_decided, planned, project_request


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Dockerfile").write_text('FROM python:3.11-slim\nCOPY . .\nCMD ["python", "m.py"]\n')
    (folder / "m.py").write_text("import os\n")
    (folder / "jettison.toml").write_text('probe-commands = ["./smoke --all"]\n')
    (folder / "smoke").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (folder / "smoke").chmod(0o755)
    return folder


def asked(found: Planned) -> list[str]:
    request = project_request(found.loaded.root, found.plan, "before", "after", None)
    return [command.text for command in request.commands]


def test_nothing_of_the_project_runs_before_the_user_decides(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["optimize", str(project), "--offline"]) == 3
    said = capsys.readouterr().err
    assert "jettison.toml runs 1 command on this machine\n  ./smoke --all" in said
    assert "--allow-commands" in said
    assert not (project.parent / "ran").exists()


def test_commands_are_run_or_left_out_as_decided(project: Path) -> None:
    found = planned(project, offline=True)
    with pytest.raises(ProjectError):
        commands_decided(found, allowed=None)
    assert len(asked(commands_decided(found, allowed=True))) == 1
    assert asked(commands_decided(found, allowed=False)) == []
