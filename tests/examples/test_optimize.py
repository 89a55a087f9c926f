"""The whole way on the example application, with a real engine: the command that users run."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import JETTISON, output

from jettison.processes import installed

pytestmark = [pytest.mark.engine, pytest.mark.network]

EXAMPLE = Path(__file__).parents[2] / "examples" / "pkms"
HEALTHY_WITHIN = 90.0


def jettison(*arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
    return output(*JETTISON, *arguments, allowed=allowed)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        jettison("optimize", str(EXAMPLE), "--format", "json", allowed=(0, 4))
    )
    return found


@pytest.fixture(scope="module")
def optimized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("optimized") / "pkms"
    jettison("apply", str(EXAMPLE), "--output", str(folder))
    return folder


def test_both_images_behave_alike(report: dict[str, Any]) -> None:
    verdict = report["verdict"]
    different = [check for check in verdict["checks"] if check["outcome"] == "different"]
    assert different == []
    assert verdict["equivalent"] is True


def test_routes_and_the_own_suite_were_compared(report: dict[str, Any]) -> None:
    outcomes = {check["name"]: check for check in report["verdict"]["checks"]}
    assert outcomes["routes"]["outcome"] == "same"
    assert "passed" in outcomes["test-suite"]["message"]
    assert outcomes["read-only-root"]["outcome"] == "same"
    assert outcomes["user"]["outcome"] == "improved"


def test_the_image_is_at_least_seventy_percent_smaller(report: dict[str, Any]) -> None:
    before, after = (report[name]["size"]["bytes"] for name in ("before", "after"))
    assert before >= 1_200_000_000
    assert after <= 0.3 * before
    assert after <= 300_000_000


def test_the_development_image_is_at_least_a_fifth_smaller(report: dict[str, Any]) -> None:
    before, development = (report[name]["size"]["bytes"] for name in ("before", "development"))
    assert development <= 0.8 * before


def test_planning_the_result_finds_nothing(optimized: Path) -> None:
    assert jettison("apply", str(optimized), "--check") == ""


@pytest.mark.parametrize(
    ("file", "container", "user"),
    [
        ("docker-compose.yml", "pkms-backend", "10001"),
        ("docker-compose.dev.yml", "pkms-backend-dev", "0"),
    ],
)
def test_compose_brings_the_service_up(
    optimized: Path, compose: list[str], file: str, container: str, user: str
) -> None:
    # Any free port of this machine: the one that the file names may be taken.
    text = (optimized / file).read_text().replace('"8000:8000"', '"127.0.0.1::8000"')
    # The same check, sooner.
    text = text.replace("interval: 30s", "interval: 1s").replace("start_period: 20s\n", "")
    (optimized / f"test-{file}").write_text(text)
    command = [*compose, "--project-name", f"jettison-{container}", "-f", f"test-{file}"]
    try:
        output(*command, "up", "--build", "--detach", folder=optimized)
        assert health(container) == "healthy"
        assert output("docker", "exec", container, "id", "-u").strip() == user
    finally:
        words = ("down", "--volumes", "--rmi", "local", "--timeout", "2")
        output(*command, *words, folder=optimized)


@pytest.fixture
def compose() -> Iterator[list[str]]:
    for command in (["docker-compose"], ["docker", "compose"]):
        if installed(command[0]):
            found = subprocess.run([*command, "version"], capture_output=True, check=False)
            if found.returncode == 0:
                yield command
                return
    if os.environ.get("JETTISON_REQUIRE_ENGINE") == "1":
        pytest.fail("docker-compose is not installed")
    pytest.skip("docker-compose is not installed")


def health(container: str) -> str:
    until = time.monotonic() + HEALTHY_WITHIN
    state = ""
    while time.monotonic() < until and state != "healthy":
        state = output(
            "docker", "inspect", "--format", "{{.State.Health.Status}}", container
        ).strip()
        time.sleep(0.3)
    return state
