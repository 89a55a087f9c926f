"""Groups that the Dockerfile asks for by name."""

from pathlib import Path

import pytest

from jettison.lift.scopes import Scope
from jettison.tasks.loading import planned

DECLARED = """[project]
name = "app"
version = "1"
dependencies = ["flask"]
[dependency-groups]
docker = ["bcrypt"]
test = ["httpx2-nobody-has"]
"""


@pytest.mark.parametrize("install", ["pip install . --group docker", "uv sync --group docker"])
def test_a_group_that_the_dockerfile_asks_for_is_for_production(
    tmp_path: Path, install: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(DECLARED)
    (tmp_path / "Dockerfile").write_text(
        f'FROM python:3.13-slim\nCOPY . .\nRUN {install} --group test\nCMD ["flask", "run"]\n'
    )
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    scopes = {one.name: one.scope for one in plan.requirements}
    assert scopes["bcrypt"] is not Scope.DEVELOPMENT
    assert scopes["httpx2-nobody-has"] is Scope.DEVELOPMENT
