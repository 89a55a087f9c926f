"""The whole way on the example application, on a machine without a container engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.names import LONG

pytestmark = [pytest.mark.namespaces,
    pytest.mark.network,
    LONG]

EXAMPLE = Path(__file__).parents[2] / "examples" / "pkms"
ENGINES = ("docker", "podman")
MOST_BYTES = 230_000_000


def without_engines(folder: Path) -> str:
    """Return a search path with every program of this machine but the engines."""
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*"):
            link = folder / program.name
            if not program.name.startswith(ENGINES) and not link.exists():
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return str(folder)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = without_engines(tmp_path_factory.mktemp("programs"))
    done = subprocess.run(
        [sys.executable, "-m", "jettison", "optimize", str(EXAMPLE), "--format", "json"],
        capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_is_built_run_and_found_equivalent(report: dict[str, Any]) -> None:
    assert report["engine"].startswith("embedded")
    assert report["verdict"]["equivalent"] is True
    outcomes = {check["name"]: check["outcome"] for check in report["verdict"]["checks"]}
    for name in ("start", "health-check", "user", "read-only-root", "routes", "test-suite"):
        assert outcomes[name] == "same", name


def test_it_stands_on_the_composed_base_and_is_small(report: dict[str, Any]) -> None:
    assert report["reference"] == "with everything"
    assert report["after"]["size"]["bytes"] <= MOST_BYTES
    packages = {each["name"] for each in report["after"]["debian_packages"]}
    assert "python3.11-minimal" in packages
    assert not {"apt", "dpkg", "bash"} & packages
