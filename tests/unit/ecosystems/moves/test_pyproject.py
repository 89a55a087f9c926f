"""Moves as the text before and after; every other line has to stay byte for byte."""

from textwrap import dedent

import pytest

from jettison.ecosystems.finding import parse_pyproject
from jettison.ecosystems.pyproject_moves import move_in_pyproject as move_to_development
from jettison.errors import InputSyntaxError


def moved(text: str, *names: str) -> str:
    text = dedent(text)
    new = move_to_development(text, names)
    assert move_to_development(new, names) == new, "moving twice changes more"
    before = {one.name for one in parse_pyproject(text, file="p")}
    assert {one.name for one in parse_pyproject(new, file="p")} == before
    return new


def test_a_new_group_comes_after_the_project_with_comments_and_headings() -> None:
    text = """\
        [project]
        name = "app"
        dependencies = [
            # Web
            "fastapi",  # server

            # Tests
            "pytest>=7",  # runner
            # slow without it
            "pytest-xdist"
        ]
        requires-python = ">=3.11"

        [tool.ruff]
        line-length = 100
        """
    assert moved(text, "pytest", "pytest-xdist") == dedent("""\
        [project]
        name = "app"
        dependencies = [
            # Web
            "fastapi",  # server
        ]
        requires-python = ">=3.11"

        [dependency-groups]
        dev = [
            # Tests
            "pytest>=7",  # runner
            # slow without it
            "pytest-xdist",
        ]

        [tool.ruff]
        line-length = 100
        """)


def test_an_array_on_one_line_stays_on_one_line() -> None:
    text = """\
        [project]
        dependencies = ["fastapi", "pytest>=7", "black[d]"]  # pinned elsewhere
        [project.optional-dependencies]
        dev = ["ruff"]
        """
    assert moved(text, "pytest", "black") == dedent("""\
        [project]
        dependencies = ["fastapi"]  # pinned elsewhere
        [project.optional-dependencies]
        dev = ["ruff", "pytest>=7", "black[d]"]
        """)


@pytest.mark.parametrize(
    "header",
    [
        "[dependency-groups]\ndev = []\n",
        "[dependency-groups]\ntest = ['x']\ndevelopment = []\n",
        "[tool.uv]\ndev-dependencies = []\n",
        "[tool.pdm.dev-dependencies]\ndev = []\n",
        "[project.optional-dependencies]\ndev = []\n",
    ],
)
def test_the_projects_own_group_is_used(header: str) -> None:
    text = f'[project]\ndependencies = ["pytest"]\n\n{header}'
    filled = header.replace("[]", '["pytest"]')
    assert moved(text, "pytest") == f"[project]\ndependencies = []\n\n{filled}"


def test_a_group_of_another_name_gets_a_neighbour() -> None:
    text = '[project]\ndependencies = ["pytest"]\n\n[dependency-groups]\ntest = ["x"]\n\n[tool.x]\n'
    assert moved(text, "pytest") == (
        "[project]\ndependencies = []\n\n"
        '[dependency-groups]\ntest = ["x"]\ndev = [\n    "pytest",\n]\n\n[tool.x]\n'
    )


def test_an_array_of_lines_is_added_to_in_its_own_indent() -> None:
    text = """\
        [project]
        dependencies = [
            "pytest",  # runner
        ]

        [dependency-groups]
        dev = [
          "ruff"  # lint
        ]
        """
    assert moved(text, "pytest").endswith(
        '[dependency-groups]\ndev = [\n  "ruff",  # lint\n  "pytest",  # runner\n]\n'
    )


def test_a_comment_opens_an_array_that_stands_on_one_line() -> None:
    text = (
        '[project]\ndependencies = [\n    "pytest",  # runner\n]\n'
        '[dependency-groups]\ndev = ["ruff"]\n'
    )
    assert moved(text, "pytest") == (
        "[project]\ndependencies = [\n]\n"
        '[dependency-groups]\ndev = [\n    "ruff",\n    "pytest",  # runner\n]\n'
    )


def test_an_array_that_would_be_too_wide_is_opened() -> None:
    long = "a" * 90
    text = f'[project]\ndependencies = ["{long}"]\n[dependency-groups]\ndev = ["ruff"]\n'
    assert moved(text, long) == (
        "[project]\ndependencies = []\n"
        f'[dependency-groups]\ndev = [\n    "ruff",\n    "{long}",\n]\n'
    )


def test_poetry_keys_go_to_poetrys_group() -> None:
    text = """\
        [tool.poetry.dependencies]
        python = "^3.11"
        # Web
        flask = "^3"

        # Tests
        pytest = {version = "^8", extras = [
          "a",
        ]}  # runner
        black = "*"

        [tool.poetry.dependencies.mypy]
        version = "^1"

        [build-system]
        requires = []
        """
    assert moved(text, "pytest", "black", "mypy") == dedent("""\
        [tool.poetry.dependencies]
        python = "^3.11"
        # Web
        flask = "^3"

        [tool.poetry.group.dev.dependencies.mypy]
        version = "^1"

        [tool.poetry.group.dev.dependencies]
        # Tests
        pytest = {version = "^8", extras = [
          "a",
        ]}  # runner
        black = "*"

        [build-system]
        requires = []
        """)


def test_poetrys_old_table_is_used_when_it_is_there() -> None:
    text = """\
        [tool.poetry.dependencies]
        pytest = "^8"
        flask = "^3"

        [tool.poetry.dev-dependencies]
        black = "*"
        """
    assert moved(text, "pytest").endswith(
        '[tool.poetry.dev-dependencies]\nblack = "*"\npytest = "^8"\n'
    )


def test_a_standard_requirement_is_written_as_poetry_writes_it() -> None:
    text = """\
        [project]
        dependencies = [
            "pytest[a]>=7 ; python_version > '3'",  # runner
            "black",
            "lib @ https://files.example/lib.whl",
        ]
        [tool.poetry.group.dev.dependencies]
        ruff = "^1"
        """
    assert moved(text, "pytest", "black", "lib").endswith(
        dedent("""\
        ruff = "^1"
        pytest = {version = ">=7", extras = ["a"], markers = 'python_version > "3"'}  # runner
        black = "*"
        lib = {url = "https://files.example/lib.whl"}
        """)
    )


def test_windows_line_ends_go_on() -> None:
    text = '[project]\r\ndependencies = [\r\n    "flask",\r\n    "pytest",\r\n]\r\n'
    new = move_to_development(text, {"pytest"})
    assert "\n" not in new.replace("\r\n", "")
    assert 'dev = [\r\n    "pytest",\r\n]\r\n' in new


def test_nothing_to_move_changes_nothing() -> None:
    text = '[project]\ndependencies = ["flask"]\n[tool.poetry.dependencies]\nredis = "*"\n'
    assert move_to_development(text, {"pytest"}) == text


def test_bad_toml_is_an_error() -> None:
    with pytest.raises(InputSyntaxError):
        move_to_development("[project\n", {"pytest"})
