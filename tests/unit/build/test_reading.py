from pathlib import Path

import pytest
from cases import FOLDER, read_case

from jettison.build.reading import base_wanted, recipe_of
from jettison.errors import UnsupportedError


def test_a_composed_base_compiles_what_the_plan_lists_and_has_the_programs_called(
    tmp_path: Path,
) -> None:
    plan = read_case(FOLDER / "compiled-bytecode" / "watched.case").plan(tmp_path)
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
