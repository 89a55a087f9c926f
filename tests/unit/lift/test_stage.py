"""What the final stage is where the file ends in one that starts from nothing."""

from __future__ import annotations

import pytest
from base_needs import project_of

from jettison.lift.stage import lifted

TEXT = """\
FROM python:3.12-slim AS complete
WORKDIR /app
COPY . .
RUN echo ready

FROM complete AS kept
USER root
RUN --mount=type=bind,source=.jettison,target=/removal \\
    ["python", "/removal/remove_system_files.py", "/removal/removed-system-files.txt", "/layers"]

FROM scratch
COPY --from=kept /layers/system/ /
COPY --from=kept /layers/application/ /
ENV PATH=/usr/local/bin
WORKDIR /app
USER 10001:10001
LABEL name=demo
CMD ["python", "main.py"]
"""


def test_the_stage_whose_files_are_taken_is_the_final_one() -> None:
    stage = lifted(project_of(TEXT, {"main.py": ""}))
    assert stage.base == "python:3.12-slim"
    assert stage.stage.name == "complete"
    assert stage.python == "3.12"
    assert [copied.sources for _, copied in stage.copies] == [(".",)]
    assert [run.instruction.arguments for run in stage.runs] == ["echo ready"]


def test_how_the_image_is_run_is_what_the_last_stage_says() -> None:
    stage = lifted(project_of(TEXT, {"main.py": ""}))
    assert stage.user == "10001:10001"
    assert stage.folder == "/app"
    assert stage.labels == {"name": "demo"}
    assert stage.command
    assert stage.command.words == ("python", "main.py")


@pytest.mark.parametrize(
    ("lines", "folder"),
    [
        ("WORKDIR .", "/"),
        ("WORKDIR app/\nWORKDIR ./web", "/app/web"),
        ("WORKDIR /srv/app\nWORKDIR ..", "/srv"),
    ],
)
def test_the_folder_is_what_the_engine_makes_of_it(lines: str, folder: str) -> None:
    assert lifted(project_of(f"FROM python:3.13-slim\n{lines}\n", {})).folder == folder


def test_a_volume_is_known_without_the_slash_at_its_end() -> None:
    text = 'FROM python:3.12-slim\nVOLUME ["/data/media/"]\nVOLUME /data/media /srv/\n'
    assert lifted(project_of(text, {})).volumes == ("/data/media", "/srv")


def test_a_stage_that_takes_less_than_all_files_is_a_final_one_itself() -> None:
    text = TEXT.replace("/layers/system/ /\n", "/layers/system/usr/ /usr\n")
    stage = lifted(project_of(text, {"main.py": ""}))
    assert stage.base == "scratch"
    assert stage.finish is None


def test_steps_of_a_stage_between_count_when_it_does_more_than_taking_files_out() -> None:
    text = TEXT.replace("USER root", "RUN touch /ready").replace("/layers/system/ /\n", "/ /\n")
    stage = lifted(project_of(text.replace("remove_system_files.py", "other.py"), {"main.py": ""}))
    assert stage.stage.name == "kept"
    assert [each.name for each in stage.chain] == ["complete", "kept"]


def test_a_step_stands_where_it_stands_before_and_after_a_change() -> None:
    text = "FROM python:3.13 AS base\nRUN pip install flask\nFROM base\nWORKDIR /app\n"
    before = lifted(project_of(text))
    after = lifted(project_of(f"{text}USER 10001\n"))
    step = next(item for item in before.inherited if item.keyword == "RUN")
    assert before.folder_at(step) == after.folder_at(step) == "/"


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("FROM registry.access.redhat.com/ubi9/python-312", "3.12"),
        ("FROM public.ecr.aws/lambda/python:3.13", "3.13"),
        ("FROM ghcr.io/astral-sh/uv:python3.10-bookworm-slim", "3.10"),
        (
            "FROM quay.io/centos/centos:stream10\nRUN dnf install -y python3.12 && dnf clean all",
            "3.12",
        ),
        ("FROM ubuntu:24.04\nRUN uv python install 3.11", "3.11"),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3 python3-dev", "3.12"),
        ("FROM ubuntu:jammy", "3.10"),
        ("FROM debian:12-slim", "3.11"),
        ("FROM debian:12", "3.11"),
        ("FROM company/base", None),
    ],
)
def test_names_steps_and_distributions_tell_the_python_of_other_bases(
    text: str, python: str | None
) -> None:
    assert lifted(project_of(f"{text}\n", {})).likely_python == python
