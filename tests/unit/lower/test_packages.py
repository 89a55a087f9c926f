"""Where packages that an image needs are installed."""

from __future__ import annotations

import pytest
from base_needs import project_of

from jettison.lift.stage import lifted
from jettison.lower.packages import add_packages
from jettison.plan.changes import AddPackages

INSTALL = "RUN apt-get update && apt-get install -y ffmpeg\n"
FETCH = "RUN curl -sSL https://downloads.example/model -o /srv/model\n"


def lines(text: str, reason: str = "needed") -> list[str]:
    stage = lifted(project_of(f"FROM python:3.12-slim\n{text}CMD python app.py\n"))
    added = add_packages(stage, AddPackages(names=("curl",), reason=reason))
    return [line.strip() for line in added.splitlines()]


def test_packages_are_installed_with_those_that_are_there() -> None:
    found = lines(f"{INSTALL}{FETCH}")
    assert found.index("curl") > found.index(INSTALL.strip().removesuffix(" ffmpeg") + " ffmpeg \\")
    assert sum("apt-get update" in line for line in found) == 1


def test_packages_are_there_before_the_first_step_that_calls_them() -> None:
    found = lines(f"{FETCH}{INSTALL}")
    own = next(n for n, line in enumerate(found) if line.endswith("recommends curl \\"))
    assert own < found.index(FETCH.strip())
    assert INSTALL.strip() in found


@pytest.mark.parametrize("text", [INSTALL, FETCH])
def test_a_reason_that_names_files_stays_a_comment(text: str) -> None:
    found = lines(text, "/opt/venv/bin/a\nRUN evil\n is linked to it")
    assert sum("RUN evil" in line for line in found) == 1
    assert next(line for line in found if "RUN evil" in line).startswith("# ")
