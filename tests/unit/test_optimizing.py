"""What becomes of an image for development that cannot be built."""

from __future__ import annotations

from pathlib import Path

from base_needs import project_of

from jettison.engines.engine import BuildRequest
from jettison.errors import BuildError
from jettison.plan.base import BaseChoice
from jettison.plan.plan import Plan
from jettison.progress import Progress, SilentProgress
from jettison.tasks.staging import Workshop, development_image


class Failing:
    name = "fake"

    def build(self, request: BuildRequest, progress: Progress) -> str:
        raise BuildError("the build of Dockerfile.dev failed", why="no such stage: base")


def test_a_development_image_that_cannot_be_built_is_a_remark(tmp_path: Path) -> None:
    project = project_of("FROM python:3.13-slim\n", {"Dockerfile.dev": "FROM base\n"})
    base = BaseChoice(current="slim", chosen="slim", candidates=())
    plan = Plan(original=project, project=project, level=2, base=base)
    shop = Workshop(root=tmp_path, engine=Failing(), progress=SilentProgress())
    noted, image = development_image(shop, plan, tmp_path)
    assert image is None
    assert "no such stage: base" in noted.skipped[-1].reason
