"""What an image is installed from, by its commands and the files that declare."""

import pytest
from base_needs import project_of

from jettison.lift.declared import bounding_lines, installed_declarations, shipped_names
from jettison.lift.projects import project_requests

UV = """
[project]
name = "shop"
dependencies = ["flask"]
[project.optional-dependencies]
postgres = ["psycopg"]
[dependency-groups]
dev = ["pytest"]
docs = ["sphinx"]
"""
POETRY = """
[tool.poetry.dependencies]
python = "^3.12"
flask = "^3"
psycopg = { version = "^3", optional = true }
[tool.poetry.extras]
postgres = ["psycopg"]
[tool.poetry.group.dev.dependencies]
pytest = "^8"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = "*"
"""
PIPFILE = """
[packages]
flask = "*"
[dev-packages]
pytest = "*"
"""


def shipped(command: str, files: dict[str, str], before: str = "") -> list[str]:
    text = f"FROM python:3.12-slim\n{before}WORKDIR /app\nCOPY . .\nRUN {command}\n"
    return sorted(shipped_names(project_of(text, files)))


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("uv sync", ["flask", "pytest"]),
        ("uv sync --no-dev", ["flask"]),
        ("uv sync --no-default-groups --group docs", ["flask", "sphinx"]),
        ("uv sync --all-groups", ["flask", "pytest", "sphinx"]),
        ("uv sync --only-group docs", ["sphinx"]),
        ("uv sync --no-dev --extra postgres", ["flask", "psycopg"]),
        ("uv sync --no-dev --all-extras", ["flask", "psycopg"]),
        ("uv export --no-dev -o requirements.lock", ["flask"]),
        ("pdm install", ["flask", "pytest", "sphinx"]),
        ("pdm install --prod -G postgres", ["flask", "psycopg"]),
        ("pip install .", ["flask"]),
        ("pip install -e '.[postgres]'", ["flask", "psycopg"]),
        ("uv pip install -r pyproject.toml --extra postgres", ["flask", "psycopg"]),
    ],
)
def test_what_a_project_ships(command: str, names: list[str]) -> None:
    assert shipped(command, {"pyproject.toml": UV}) == names


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("poetry install", ["flask", "pytest"]),
        ("poetry install --only main", ["flask"]),
        ("poetry install --no-dev -E postgres", ["flask", "psycopg"]),
        ("poetry install --without dev --with docs", ["flask", "sphinx"]),
        ("poetry export -o requirements.lock", ["flask"]),
    ],
)
def test_what_poetry_ships(command: str, names: list[str]) -> None:
    assert shipped(command, {"pyproject.toml": POETRY}) == names


def test_what_pipenv_ships() -> None:
    assert shipped("pipenv install --system --deploy", {"Pipfile": PIPFILE}) == ["flask"]
    assert shipped("pipenv sync --dev", {"Pipfile": PIPFILE}) == ["flask", "pytest"]


def test_variables_leave_development_out() -> None:
    assert shipped("uv sync", {"pyproject.toml": UV}, "ENV UV_NO_DEV=1\n") == ["flask"]


def test_a_group_that_is_left_out_is_known_all_the_same() -> None:
    project = project_of(
        "FROM python:3.12\nCOPY . .\nRUN uv sync --no-dev\n", {"pyproject.toml": UV}
    )
    absent = [one.declaration.name for one in installed_declarations(project) if not one.shipped]
    assert absent == ["pytest", "sphinx"]


def test_a_stage_that_the_image_is_not_made_from_ships_nothing() -> None:
    text = (
        "FROM python:3.12 AS tests\nCOPY . .\nRUN uv sync --all-groups\n"
        "FROM python:3.12\nCOPY pyproject.toml ./\nRUN uv sync --no-dev\n"
    )
    assert shipped_names(project_of(text, {"pyproject.toml": UV})) == {"flask"}


def test_the_file_is_the_one_that_the_stage_copies() -> None:
    text = "FROM python:3.12\nWORKDIR /app\nCOPY api/pyproject.toml ./\nRUN uv sync --no-dev\n"
    other = '[project]\nname = "root"\ndependencies = ["django"]\n'
    project = project_of(text, {"pyproject.toml": other, "api/pyproject.toml": UV})
    assert shipped_names(project) == {"flask"}


def test_dynamic_dependencies_are_read_from_the_file_they_are_in() -> None:
    text = (
        '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = { file = ["needs.txt"] }\n'
    )
    files = {"pyproject.toml": text, "needs.txt": "flask\n", "requirements-dev.txt": "pytest\n"}
    assert shipped("pip install .", files) == ["flask"]


def test_a_list_of_constraints_bounds_versions_and_asks_for_nothing() -> None:
    files = {
        "requirements.txt": "flask\n-c constraints.txt\n-r more.txt\n",
        "more.txt": "redis\n",
        "constraints.txt": "flask==3.0\nsphinx==8.0\n",
    }
    command = "FROM python\nCOPY . .\nRUN pip install -r requirements.txt\n"
    project = project_of(command, files=files)
    assert {one.declaration.name for one in installed_declarations(project)} == {"flask", "redis"}
    assert [line.name for line in bounding_lines(project)] == ["flask", "sphinx"]


def test_constraints_of_the_command_bound_versions_too() -> None:
    files = {"requirements.txt": "flask\n", "limits.txt": "flask<3\njinja2<3.1\n"}
    command = "FROM python\nCOPY . .\nRUN pip install -r requirements.txt -c limits.txt\n"
    project = project_of(command, files=files)
    assert {one.declaration.name for one in installed_declarations(project)} == {"flask"}
    assert [line.name for line in bounding_lines(project)] == ["flask", "jinja2"]


@pytest.mark.parametrize(
    ("steps", "read"),
    [
        ("COPY pyproject.toml .\nRUN uv sync\nCOPY . .\n", False),
        ("COPY pyproject.toml uv.lock ./\nRUN uv sync\n", True),
        ("COPY pyproject.toml uv.loc* ./\nRUN uv sync\n", True),
        ("COPY ./ /app/\nRUN uv sync\n", True),
        ("COPY pyproject.toml $FILES ./\nRUN uv sync\n", True),
        (
            "COPY pyproject.toml .\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\n",
            True,
        ),
        ("COPY pyproject.toml .\nRUN --mount=type=bind,target=/src uv sync\n", True),
        ("COPY pyproject.toml .\nRUN uv lock && uv sync\n", True),
    ],
)
def test_a_lock_counts_where_the_command_can_read_it(steps: str, read: bool) -> None:
    files = {"pyproject.toml": UV, "uv.lock": "version = 1\n"}
    project = project_of(f"FROM python:3.13-slim\nWORKDIR /app\n{steps}", files)
    assert [one.lock for one in project_requests(project)][-1:] == ["uv.lock" if read else None]
