"""What ``docker build`` is told of an image: the stage and its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import ran

DOCKERFILE = """ARG TAG=3.11-slim
FROM python:${TAG} AS app
WORKDIR /app
COPY main.py .
CMD ["python", "main.py"]
FROM app AS worker
RUN pip install celery
CMD ["python", "-m", "worker"]
"""
COMPOSE = """services:
  web:
    build: {context: ., target: worker, args: {TAG: 3.12-slim}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "main.py").write_text("print(1)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "base"), [([], "3.11"), (["--build-arg", "TAG=3.13-slim"], "3.13")]
)
def test_an_argument_of_the_build_is_the_one_that_counts(
    project: Path, given: list[str], base: str
) -> None:
    done = ran("plan", *given, "--offline", project)
    assert f"Base image: python:{base}-slim" in done.stdout


def test_an_argument_may_be_in_the_environment(project: Path) -> None:
    done = ran("plan", "--build-arg", "TAG", "--offline", project, TAG="3.13-slim")
    assert "Base image: python:3.13-slim" in done.stdout
    refused = ran("plan", "--build-arg", "TAGS", "--offline", project)
    assert refused.returncode == 2
    assert "a variable that is set, not 'TAGS'" in refused.stderr


def test_an_argument_comes_before_that_of_the_compose_file(project: Path) -> None:
    (project / "compose.yaml").write_text(COMPOSE)
    assert "python:3.12-slim" in ran("plan", "--offline", project).stdout
    done = ran("plan", "--build-arg", "TAG=3.13-slim", "--offline", project)
    assert "Base image: python:3.13-slim" in done.stdout


def test_the_stage_that_is_named_is_the_image(project: Path) -> None:
    alone = ran("plan", "--target", "app", "--offline", project).stdout
    assert "build-context" in alone
    assert "build-stage" not in alone
    assert "build-stage" in ran("plan", "--target", "worker", "--offline", project).stdout


def test_a_stage_that_is_not_there_is_named(project: Path) -> None:
    done = ran("plan", "--target", "web", "--offline", project)
    assert done.returncode == 3
    assert "no stage web in Dockerfile" in done.stderr
    assert "stages with names: app, worker" in done.stderr
