"""Images of -O3 on a composed base give the same answers."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import JETTISON, output

from jettison.processes import installed
from tests.support.names import LONG

pytestmark = [pytest.mark.engine, pytest.mark.network, LONG]

ROOT = Path(__file__).parents[2]
# The folder that the Dockerfile reads while it builds, which the image has not.
OF_REMOVAL = ".jettison"


@pytest.fixture
def engine() -> str:
    return next(filter(installed, ("docker", "podman")))


@pytest.fixture
def tags(engine: str) -> Iterator[tuple[str, str]]:
    run_id = uuid.uuid4().hex[:8]
    names = f"jettison-test/touched:before-{run_id}", f"jettison-test/touched:after-{run_id}"
    yield names
    subprocess.run([engine, "image", "rm", *names], capture_output=True, check=False)


@pytest.mark.parametrize("name", ["flask-links", "django-guestbook", "fastapi-units"])
def test_the_smallest_image_answers_alike(
    name: str, engine: str, tags: tuple[str, str], tmp_path: Path
) -> None:
    project, copy = ROOT / "examples" / name, tmp_path / name
    before, after = tags
    output(*JETTISON, "optimize", "-O", "3", str(project), "--output", str(copy))
    output(engine, "build", "--tag", before, str(project))
    output(*JETTISON, "build", str(copy), "--base", "composed", "--load", "--tag", after)
    output(*JETTISON, "verify", before, after, "--project", str(project))
    listing = "import os; print(*os.listdir())"
    inside = (engine, "run", "--rm", "--entrypoint", "python", after, "-c", listing)
    found = output(*inside).split()
    assert found
    assert OF_REMOVAL not in found
