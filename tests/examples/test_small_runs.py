"""Every small example built on the bases it works on, run, and held against itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import JETTISON, output
from tests.support.names import LONG
from tests.support.recorded_index import examples

from jettison.index.debian.mirror import MIRROR, PUBLIC_MIRROR

pytestmark = [pytest.mark.engine, pytest.mark.network, LONG]

# The index is read from this mirror, so it has the packages that a snapshot would keep for good.
ENVIRONMENT = {MIRROR: PUBLIC_MIRROR, **os.environ}
UNSUPPORTED = 12


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)


@pytest.fixture(params=[pytest.param(path, id=path.name) for path in examples()])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small example on the Python that Debian's stable release ships."""
    folder = tmp_path / Path(request.param).name
    shutil.copytree(request.param, folder)
    text = (folder / "Dockerfile").read_text().replace("python:3.11-slim", "python:3.13-slim")
    (folder / "Dockerfile").write_text(text)
    return folder


@pytest.fixture
def tags() -> Iterator[tuple[str, str]]:
    run_id = uuid.uuid4().hex[:8]
    names = f"jettison-test/small:before-{run_id}", f"jettison-test/small:after-{run_id}"
    yield names
    run("docker", "image", "rm", "--force", *names)


@pytest.mark.parametrize("base", ["slim", "composed"])
def test_it_answers_alike(project: Path, base: str, tags: tuple[str, str], tmp_path: Path) -> None:
    after = tmp_path / "after"
    applied = run(*JETTISON, "apply", str(project), "--base", base, "--output", str(after))
    if project.name == "locale-timezone" and base == "composed":
        assert applied.returncode == UNSUPPORTED
        assert "it has the locale C.UTF-8 alone" in applied.stderr
        return
    assert applied.returncode == 0, applied.stderr
    for tag, folder in zip(tags, (project, after), strict=True):
        output("docker", "build", "--quiet", "--tag", tag, str(folder))
    probes = project / "probes.http"
    asked = ("--probes", str(probes)) if probes.exists() else ()
    verify = (*JETTISON, "verify", *tags, "--project", str(project), *asked)
    output(*verify, environment=ENVIRONMENT)
