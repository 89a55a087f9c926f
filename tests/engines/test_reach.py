"""A hardened container without an engine can do no more than one of Docker that has nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines import BuildRequest, Engine, Network, RunOptions
from jettison.engines.finding import EMBEDDED, find_engine
from jettison.processes import run
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine]

SCRIPT = Path(__file__).parents[1] / "support" / "reach.py"
HARDENED = ("--rm", "--interactive", "--read-only", "--cap-drop=ALL", "--network=none")


@pytest.mark.parametrize("user", ["0", "1000"])
def test_nothing_more_than_in_docker_works_in_a_hardened_container(
    user: str, engine: Engine, tmp_path: Path
) -> None:
    program = engine.name.split()[0]
    if program != "docker":
        pytest.skip("docker is what it is held against")
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag=f"{RUN}/reach")
    image = engine.build(request, SilentProgress())
    command = ("docker", "run", *HARDENED, f"--user={user}", image, "python", "-I", "-")
    theirs = run(command, stdin=SCRIPT.read_bytes(), timeout=300)
    assert theirs.status == 0, theirs.error_text
    with find_engine(EMBEDDED) as embedded:
        options = RunOptions(
            read_only=True,
            hardened=True,
            network=Network.NONE,
            user=user,
            entrypoint=("sleep", "300"),
        )
        with embedded.run(f"docker:{RUN}/reach", options) as container:
            ours = container.execute(("python", "-I", "-"), stdin=SCRIPT.read_bytes(), timeout=300)
    assert ours.status == 0, ours.error_text
    assert set(ours.text.splitlines()) - set(theirs.text.splitlines()) == set()
