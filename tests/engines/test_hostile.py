"""An application that never ends what it begins is compared all the same, within bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines.engine import BuildRequest, Engine
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

CASE = Path(__file__).parent / "cases" / "hostile"
TEXT = """\
FROM python:3.11-slim
WORKDIR /app
COPY server.py .
EXPOSE 8000
CMD ["python", "-u", "server.py"]
"""
MOST_MEMORY = 250_000  # kilobytes


def test_what_never_ends_is_compared_by_how_it_begins(engine: Engine, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(TEXT)
    tag = f"{RUN}/hostile"
    engine.build(BuildRequest(context=CASE, dockerfile=dockerfile, tag=tag), SilentProgress())
    out, told = tmp_path / "out", tmp_path / "told"
    command = [
        sys.executable,
        "-m",
        "jettison",
        "verify",
        tag,
        tag,
        "--format=json",
        "--allow-root",
    ]
    with out.open("wb") as stdout, told.open("wb") as stderr:
        run = subprocess.Popen(command, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, out.read_text() + told.read_text()
    checks = {one["name"]: one for one in json.loads(out.read_text())["checks"]}
    assert checks["routes"]["before"] == "6 requests"
    assert usage.ru_maxrss < MOST_MEMORY
    words = ["docker", "ps", "--all", "--quiet", f"--filter=ancestor={tag}"]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b""
