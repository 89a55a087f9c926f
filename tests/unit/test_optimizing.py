"""What becomes of an image for development that cannot be built."""

from __future__ import annotations

from pathlib import Path

import pytest
from base_needs import project_of

from jettison.engines import BuildRequest
from jettison.errors import BuildError, JettisonError, ProgramError
from jettison.plan import Plan
from jettison.plan.base import BaseChoice
from jettison.progress import Progress, SilentProgress
from jettison.tasks.staging import Workshop, development_image


class Failing:
    name = "fake"

    def __init__(self, failure: JettisonError) -> None:
        self.failure = failure
        self.builds = 0

    def build(self, request: BuildRequest, progress: Progress) -> str:
        self.builds += 1
        raise self.failure


UNKNOWN = BuildError("the build of Dockerfile.dev failed", why="no such stage: base")
ENDLESS = ProgramError("docker build did not end within 180 seconds", why="it was stopped")


@pytest.mark.parametrize(
    ("failure", "told"), [(UNKNOWN, "no such stage: base"), (ENDLESS, "did not end within 180")]
)
def test_a_development_image_that_cannot_be_built_is_a_remark_and_not_tried_again(
    tmp_path: Path, failure: JettisonError, told: str
) -> None:
    project = project_of("FROM python:3.13-slim\n", {"Dockerfile.dev": "FROM base\n"})
    base = BaseChoice(current="slim", chosen="slim", candidates=())
    plan = Plan(original=project, project=project, level=2, base=base)
    engine = Failing(failure)
    shop = Workshop(root=tmp_path, engine=engine, progress=SilentProgress())
    for _ in range(2):
        noted, image = development_image(shop, plan, tmp_path)
        assert image is None
        assert told in noted.skipped[-1].reason
    assert engine.builds == 1


def test_the_ignore_file_of_a_development_image_goes_through_no_link(tmp_path: Path) -> None:
    project = project_of("FROM python:3.13-slim\n", {"Dockerfile.dev": "FROM base\n"})
    plan = Plan(original=project, project=project, level=2,
                base=BaseChoice(current="slim", chosen="slim", candidates=()))  # fmt: skip
    copy, other = tmp_path / "copy", tmp_path / "other"
    copy.mkdir()
    other.write_text("of the user", encoding="utf-8")
    (copy / "Dockerfile.dev.dockerignore").symlink_to(other)
    shop = Workshop(root=copy, engine=Failing(UNKNOWN), progress=SilentProgress())
    development_image(shop, plan, copy)
    assert other.read_text(encoding="utf-8") == "of the user"
