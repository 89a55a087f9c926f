from pathlib import Path

import pytest
from cases import FOLDER, read_case

from jettison.builder.execution import base_wanted, recipe_of
from jettison.errors import UnsupportedError
from jettison.tasks.loading import planned


def test_a_composed_base_compiles_what_the_plan_lists_and_has_the_programs_called(
    tmp_path: Path,
) -> None:
    case = read_case(FOLDER / "compiled-bytecode" / "watched.case")
    plan = case.plan(case.start(tmp_path))
    wanted = base_wanted(plan, "composed")
    assert wanted.loaded == {"ast.py", "json/__init__.py"}
    assert wanted.programs == {"main.py", "python"}


def test_without_a_trace_all_is_compiled_and_every_program_stays(tmp_path: Path) -> None:
    plan = read_case(FOLDER / "compiled-bytecode" / "watched.case").start(tmp_path).start
    wanted = base_wanted(plan, "composed")
    assert not wanted.loaded
    assert wanted.programs is None


def test_a_shell_is_for_composed_bases(tmp_path: Path) -> None:
    plan = read_case(FOLDER / "compiled-bytecode" / "watched.case").start(tmp_path).start
    assert base_wanted(plan, "composed", shell=True).shell
    with pytest.raises(UnsupportedError) as caught:
        base_wanted(plan, "python:3.13-slim", shell=True)
    assert "--base composed" in caught.value.hint


def test_a_variable_that_decides_what_pip_installs_needs_an_engine(tmp_path: Path) -> None:
    case = read_case(FOLDER / "build-stage" / "variable-that-steers-pip.case")
    with pytest.raises(UnsupportedError) as caught:
        recipe_of(case.start(tmp_path).start, {}, "/")
    assert caught.value.why == "PIP_CONSTRAINT decides what it installs"


@pytest.mark.parametrize(
    ("setting", "command", "options"),
    [
        ("ENV PIP_INDEX_URL=https://a/simple", "pip install", ("--index-url", "https://a/simple")),
        ("ARG PIP_INDEX_URL=https://a/simple", "pip install -i https://b", ("-i", "https://b")),
        ("ENV PIP_INDEX_URL=https://a/simple", "uv pip install", ()),
        (
            "ENV UV_EXTRA_INDEX_URL='https://a https://b'",
            "uv pip install --system",
            ("--extra-index-url", "https://a", "--extra-index-url", "https://b"),
        ),
    ],
)
def test_variables_name_the_indexes_that_packages_come_from(
    setting: str, command: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    text = f"FROM python:3.11-slim\n{setting}\nRUN {command} flask\nCMD python\n"
    (tmp_path / "Dockerfile").write_text(text)
    environment = recipe_of(
        planned(tmp_path, offline=True, level=0, cache=tmp_path / "cache").plan, {}, "/"
    ).environment
    assert environment is not None
    assert environment.installations[0].options == options


@pytest.mark.parametrize(
    ("base", "step", "source", "brought"),
    [
        ("python:3.11-slim", "pip install flask", "import pkg_resources", ("setuptools<82",)),
        ("python:3.11-slim", "pip install flask", "import flask", ()),
        (
            "python:3.11-slim",
            "pip install setuptools-scm==8.1.0 flask",
            "import pkg_resources",
            ("setuptools-scm==8.1.0", "setuptools<82"),
        ),
        ("python:3.13-slim", "pip install flask", "import pkg_resources", ()),
        (
            "python:3.13-slim",
            "pip install setuptools==75.1.0 && pip install flask",
            "import pkg_resources",
            ("setuptools==75.1.0",),
        ),
    ],
)
def test_the_setuptools_of_an_image_comes_along_for_those_who_count_on_it(
    base: str, step: str, source: str, brought: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base}\nRUN {step}\nCOPY app.py .\nCMD python app.py\n"
    )
    (tmp_path / "app.py").write_text(source)
    plan = planned(tmp_path, offline=True, level=0, cache=tmp_path / "cache").plan
    environment = recipe_of(plan, {}, "/").environment
    assert environment is not None
    wanted = [text for each in environment.installations for text in each.requirements]
    assert tuple(text for text in wanted if "setuptools" in text) == brought
