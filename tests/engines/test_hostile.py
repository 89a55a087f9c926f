"""Applications that never end what they begin, or take all that there is, are run within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines import BuildRequest, Engine
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine]

CASE = Path(__file__).parent / "cases" / "hostile"
TEXT = """\
FROM python:3.11-slim
WORKDIR /app
COPY {file} server.py
EXPOSE 8000
CMD ["python", "-u", "server.py"{argument}]
"""
MOST_MEMORY = 250_000  # kilobytes
# A process counts the memory of the one that forked it, which here should not be the tests.
MEASURE = """\
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as told:
    told.write(f"{status} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
"""
EQUIVALENT, NOT_EQUIVALENT = 0, 4


class Verified:
    """What ``jettison verify`` of an image with itself ends with."""

    def __init__(self, engine: Engine, folder: Path, file: str, kind: str, *words: str) -> None:
        dockerfile = folder / "Dockerfile"
        dockerfile.write_text(TEXT.format(file=file, argument=f', "{kind}"' if kind else ""))
        self.image = f"{RUN}/hostile:{kind or 'endless'}"
        request = BuildRequest(context=CASE, dockerfile=dockerfile, tag=self.image)
        engine.build(request, SilentProgress())
        verify = [sys.executable, "-m", "jettison", "verify", self.image, self.image]
        measured = folder / "measured"
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, measured, *verify, "--format=json", "--allow-root",
             *words],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        self.told, self.text = run.stderr, run.stdout
        self.status, self.memory = map(int, measured.read_text().split())

    @property
    def checks(self) -> dict[str, dict[str, str]]:
        """The checks by their names."""
        return {one["name"]: one for one in json.loads(self.text)["checks"]}

    def left(self) -> bytes:
        """Give the containers that are left of it."""
        words = ["docker", "ps", "--all", "--quiet", f"--filter=ancestor={self.image}"]
        return subprocess.run(words, capture_output=True, check=True).stdout


def test_what_never_ends_is_compared_by_how_it_begins(engine: Engine, tmp_path: Path) -> None:
    run = Verified(engine, tmp_path, "server.py", "", "--response-timeout=3")
    assert run.status == EQUIVALENT, run.text + run.told
    assert run.checks["routes"]["before"] == "12 requests"
    assert run.memory < MOST_MEMORY
    assert run.left() == b""


@pytest.mark.parametrize("kind", ["processes", "memory", "disk"])
def test_what_takes_all_that_there_is_is_stopped_and_cleared_away(
    engine: Engine, tmp_path: Path, kind: str
) -> None:
    run = Verified(engine, tmp_path, "greedy.py", kind, "--memory-limit=200", "--process-limit=60")
    assert run.status in {EQUIVALENT, NOT_EQUIVALENT}, run.told
    assert "Traceback" not in run.told
    if kind == "memory":
        assert "137" in run.checks["start"]["message"]
    assert run.memory < MOST_MEMORY
    assert run.left() == b""
