"""The same inputs give the same digest, with a composed base and all bytecode too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.network]

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi-units"


def digest(project: str, output: Path, *, umask: int, folder: Path, **environment: str) -> str:
    """Build in another process and return the digest that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "jettison", "build", project, "--base", "composed",
         "--output", f"oci:{output}"],
        capture_output=True, text=True, check=False, umask=umask, cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def test_two_machines_make_the_same_image(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / EXAMPLE.name
    copy.mkdir(parents=True)
    for file in sorted(EXAMPLE.iterdir(), reverse=True):
        (copy / file.name).write_bytes(file.read_bytes())
        (copy / file.name).chmod(0o600)
    here = digest(str(EXAMPLE), tmp_path / "a", umask=0o022, folder=tmp_path)
    there = digest(
        ".", tmp_path / "b", umask=0o077, folder=copy, TZ="Asia/Kathmandu", LC_ALL="C",
        PYTHONHASHSEED="7", XDG_CACHE_HOME=str(tmp_path / "cold"),
    )  # fmt: skip
    assert here == there
