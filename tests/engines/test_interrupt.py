"""Ctrl-C, or being told to end, while images run: nothing is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines.engine import BuildRequest, Engine
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

DOCKERFILE = """\
FROM python:3.11-slim
EXPOSE 8000
CMD ["python", "-c", "import time; time.sleep(600)"]
"""
PATIENCE = 60


def containers(program: str, image: str) -> list[str]:
    command = [program, "ps", "--all", "--quiet", "--filter", f"ancestor={image}"]
    return subprocess.check_output(command, text=True).split()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_verification_leaves_nothing(
    number: signal.Signals, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    request = BuildRequest(
        context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag=f"{RUN}/interrupt"
    )
    image = engine.build(request, SilentProgress())
    program = engine.name.split()[0]
    command = [sys.executable, "-m", "jettison", "verify", image, image, "--engine", program]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: bool(containers(program, image)))
        running.send_signal(number)
        _, said = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
    assert running.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert containers(program, image) == []


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
