"""Stages on another distribution: the text of the Dockerfile."""

from __future__ import annotations

import pytest
from base_needs import project_of

from jettison.lift.build_context import feeding_stages, obstacles
from jettison.lift.stage import lifted
from jettison.lower.distribution import change_distribution
from jettison.plan.changes import ChangeDistribution

ALPINE = "python:3.13-alpine"


def on_alpine(text: str, *, build: tuple[str, ...] = (), **packages: str) -> str:
    names = tuple((name.replace("_", "-"), other) for name, other in packages.items())
    change = ChangeDistribution(reference=ALPINE, packages=names, alpine=True, build=build)
    return change_distribution(project_of(text), change)["Dockerfile"]


def test_apt_becomes_apk_and_comments_stay() -> None:
    before = """\
FROM python:3.13-slim
RUN --mount=type=cache,target=/var/cache/apt apt-get update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -o A=b \\
      # for documents
      libmagic1=1:5.46* \\
      curl \\
    && rm -rf /var/lib/apt/lists/*
"""
    assert (
        on_alpine(before, libmagic1="libmagic", curl="curl")
        == """\
FROM python:3.13-alpine
RUN DEBIAN_FRONTEND=noninteractive apk add --no-cache \\
      # for documents
      libmagic \\
      curl
"""
    )


def test_a_package_of_the_new_base_goes_and_its_step_when_it_is_the_last() -> None:
    before = """\
FROM python:3.13-slim
RUN apt-get update && apt-get install -y lsb-release && apt-get clean
RUN apt-get update && apt-get install -y lsb-release git
"""
    after = "FROM python:3.13-alpine\nRUN apk add --no-cache git\n"
    assert on_alpine(before, lsb_release="", git="git") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("groupadd -r -g 999 app", "addgroup -S -g 999 app"),
        ("useradd app", "adduser -D -H app"),
        ("useradd -m -u 1000 -s /bin/bash app", "adduser -D -u 1000 -s /bin/sh app"),
        ("useradd -m -g app -G audio,video app", ("adduser -D -G app app"
         " && addgroup app audio && addgroup app video")),
        ("usermod -aG docker app", "addgroup app docker"),
        ("adduser --system --group app", "addgroup -S app && adduser -S -D -G app app"),
        ("adduser --disabled-password --gecos '' app", "adduser -D app"),
        ("adduser -D -u 7 app", "adduser -D -u 7 app"),
    ],
)  # fmt: skip
def test_users_are_made_by_busybox(before: str, after: str) -> None:
    assert on_alpine(f"FROM python:3.13-slim\nRUN {before}\n") == f"FROM {ALPINE}\nRUN {after}\n"


def test_every_stage_that_feeds_the_image_moves_and_no_other() -> None:
    text = """\
ARG PY=3.13
FROM python:${PY} AS wheels
RUN pip install --prefix /env app
FROM node:22 AS assets
FROM python:3.13-slim AS tests
RUN apt-get install -y gdb
FROM python:3.13-slim
COPY --from=wheels /env /env
COPY --from=assets /out /static
"""
    after = on_alpine(text, build=("gcc", "musl-dev"))
    assert after.count(f"FROM {ALPINE}") == 2
    assert "FROM python:3.13-slim AS tests\nRUN apt-get install -y gdb" in after
    assert f"FROM {ALPINE} AS wheels\n\n# No wheel fits" in after
    assert "RUN apk add --no-cache gcc musl-dev\n" in after
    assert "FROM node:22 AS assets" in after


def test_another_debian_release_keeps_the_variant_of_each_stage() -> None:
    text = "FROM python:3.13-bookworm AS b\nRUN apt-get install -y libssl3\n"
    text += "FROM python:3.13-slim-bookworm\nCOPY --from=b /x /x\n"
    change = ChangeDistribution(
        reference="python:3.13-slim-trixie", packages=(("libssl3", "libssl3t64"),), alpine=False
    )
    after = change_distribution(project_of(text), change)["Dockerfile"]
    assert after == (
        "FROM python:3.13-trixie AS b\nRUN apt-get install -y libssl3t64\n"
        "FROM python:3.13-slim-trixie\nCOPY --from=b /x /x\n"
    )


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("RUN ./configure", "a step has no known counterpart: ./configure"),
        ('SHELL ["/bin/bash", "-c"]', "a step sets another shell"),
        ("RUN apt-get update && apt-get install -y frobnicator", "what frobnicator is called on"),
        ("RUN usermod -u 5 app", "a step has no known counterpart: usermod -u 5 app"),
        ("RUN apt-get upgrade -y", "a step has no known counterpart: apt-get upgrade -y"),
        ("RUN if [ -f x ]; then ./x; fi", "a step is a script of its own"),
    ],
)
def test_what_nobody_can_translate_is_told(step: str, told: str) -> None:
    stage = lifted(project_of(f"FROM python:3.13-slim\n{step}\n"))
    (evidence,) = obstacles(stage, "alpine")
    assert evidence.message.startswith(told)
    assert evidence.origin is not None
    assert evidence.origin.line == 2


def test_feeding_stages_are_found_through_copies_and_parents() -> None:
    text = "FROM a AS one\nFROM one AS two\nFROM c AS three\nFROM d\nCOPY --from=two /x /x\n"
    stage = lifted(project_of(text))
    assert [each.name for each in feeding_stages(stage)] == ["one", "two", None]


def test_stages_on_other_images_stay_what_they_are() -> None:
    text = "FROM oven/bun AS web\nRUN bun install\nFROM python:3.13-slim AS base\n"
    text += "FROM base\nRUN pip wheel .\nCOPY --from=web /out /static\n"
    stage = lifted(project_of(text))
    assert list(obstacles(stage, "alpine")) == []
    assert on_alpine(text).startswith("FROM oven/bun AS web\nRUN bun install\n")
