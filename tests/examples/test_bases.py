"""One small application on Alpine, and on a base that its Dockerfile composes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command import JETTISON, output

from jettison.index.debian.mirror import MIRROR, PUBLIC_MIRROR

pytestmark = [pytest.mark.engine, pytest.mark.network]

ALPINE = "python:3.13-alpine"
EXAMPLE = Path(__file__).parents[2] / "examples" / "flask-links"
# The index is read from this mirror, so it has the packages that a snapshot would keep for good.
ENVIRONMENT = {MIRROR: PUBLIC_MIRROR, **os.environ}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example on the Python that Debian's stable release ships."""
    folder = tmp_path / "links"
    shutil.copytree(EXAMPLE, folder)
    text = (folder / "Dockerfile").read_text().replace("python:3.11-slim", "python:3.13-slim")
    (folder / "Dockerfile").write_text(text)
    return folder


def jettison(*arguments: str) -> str:
    return output(*JETTISON, *arguments, environment=ENVIRONMENT)


def optimized(project: Path, base: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(
        jettison("optimize", str(project), "--base", base, "--format", "json")
    )
    return report


# The whole way on a slim image is that of test_optimize.py.
@pytest.mark.parametrize("base", ["alpine", "composed"])
def test_the_application_runs_alike_on_another_base(project: Path, base: str) -> None:
    if base == "alpine" and not has_image(ALPINE):
        pytest.skip(f"the engine has no {ALPINE}; `tests/bases/make alpine` makes a stand-in")
    report = optimized(project, base)
    assert report["verdict"]["equivalent"] is True
    # the base was not withdrawn to be alike
    findings = {one["rule"]: one["message"] for one in report["plan"]["findings"]}
    rule = {"alpine": "another-distribution", "composed": "composed-base"}[base]
    assert not findings[rule].startswith("not applied")
    assert report["after"]["size"]["bytes"] < report["before"]["size"]["bytes"]


def test_the_debug_target_has_a_shell_and_the_image_has_none(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "composed"
    jettison("apply", str(project), "--base", "composed", "--debug", "--output", str(place))
    image, debug = built(place), built(place, "--target", "debug")
    try:
        assert said(debug, "sh", "-c", "echo $((40 + 2))").strip() == "42"
        with pytest.raises(AssertionError, match="executable file not found"):
            said(image, "sh", "-c", "true")
        same = "import os; print(sorted(os.listdir('/opt/venv/lib/python3.13/site-packages')))"
        assert said(image, "python", "-c", same) == said(debug, "python", "-c", same)
    finally:
        subprocess.run(["docker", "rmi", "-f", image, debug], check=False, capture_output=True)


def has_image(name: str) -> bool:
    inspected = subprocess.run(
        ["docker", "image", "inspect", name], check=False, capture_output=True
    )
    return inspected.returncode == 0


def built(place: Path, *options: str) -> str:
    return output("docker", "build", "--quiet", *options, str(place)).strip()


def said(image: str, *command: str) -> str:
    alone = ("docker", "run", "--rm", "--network", "none")
    return output(*alone, "--entrypoint", command[0], image, *command[1:])
