"""When ``uv sync`` can move to a build stage, and what starts without uv."""

import pytest
from base_needs import project_of

from jettison.ecosystems import TOOLS
from jettison.lift.installation import NotMovable
from jettison.lift.locked import LockedInstallation, movable
from jettison.lift.locked_obstacles import direct
from jettison.lift.stage import lifted

PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
LOCK = (
    'version = 1\n[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n'
    '[[package]]\nname = "flask"\nversion = "3"\nsource = { registry = "https://pypi.org" }\n'
)
UV = "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\n"


def found(steps: str, **texts: str) -> LockedInstallation | NotMovable:
    files = {"pyproject.toml": PYPROJECT, "uv.lock": LOCK, **texts}
    text = f"FROM python:3.12-slim\n{UV}WORKDIR /app\nCOPY . .\n{steps}\n"
    project = project_of(text, files)
    result = movable(project, lifted(project))
    assert isinstance(result, LockedInstallation | NotMovable)
    return result


def test_what_a_build_stage_needs() -> None:
    result = found('RUN uv sync --locked --no-cache --no-dev\nCMD ["uv", "run", "app"]')
    assert isinstance(result, LockedInstallation)
    assert result.environment == "/app/.venv"
    assert result.options == "--locked --no-dev"
    assert result.starts == (("CMD", ("app",)),)
    assert result.called is None


def test_what_pip_installs_beside_the_environment_keeps_nothing_from_moving() -> None:
    assert isinstance(found("RUN uv sync && pip install gunicorn"), LockedInstallation)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("ARG X\nRUN uv sync $X", "known only while building"),
        ("RUN if true; then uv sync; fi", "shell script"),
        ("RUN --mount=type=secret,id=token uv sync", "secret"),
        ("ENV UV_PYTHON=3.13\nRUN uv sync", "chooses the Python"),
        ("RUN uv sync --no-dev\nRUN uv sync", "do not install the same"),
    ],
)
def test_why_it_stays(steps: str, reason: str) -> None:
    result = found(steps)
    assert isinstance(result, NotMovable)
    assert result.evidence is not None
    assert reason in result.evidence.message


def test_a_step_that_calls_uv_keeps_it() -> None:
    result = found("RUN uv sync\nRUN uv run manage.py collectstatic")
    assert isinstance(result, LockedInstallation)
    assert result.called is not None
    assert result.called.origin is not None
    assert result.called.origin.line == 6


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        (["uv", "run", "--no-sync", "gunicorn", "a:b"], ("gunicorn", "a:b")),
        (["uv", "run", "main.py"], ("python", "main.py")),
        (["uv", "run", "-m", "shop"], ("python", "-m", "shop")),
        (["uv", "run", "--", "shop", "-v"], ("shop", "-v")),
        (["uv", "run", "--with", "rich", "shop"], ()),
        (["uvicorn", "a:b"], ()),
    ],
)
def test_what_starts_without_uv(words: list[str], plain: tuple[str, ...]) -> None:
    assert direct(TOOLS["uv"], words) == plain
