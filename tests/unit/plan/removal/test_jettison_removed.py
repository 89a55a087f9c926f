"""The module that tells what became of a removed one, in an environment made here."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.plan.removal import jettison_removed

SITE = "lib/python3.11/site-packages"
LIST = """\
# comment

# unreached-modules: modules of demo 1.0 that nothing reaches (2 kB)
demo/far/
demo/**/*_gone.py

# installed-tests: tests of demo 1.0 (1 kB)
demo/tests/
"""
REMOVED = ["demo/far/__init__.py", "demo/far/away.py", "demo/in/x_gone.py", "demo/data.json"]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    site = tmp_path / "venv" / SITE
    (site / "demo").mkdir(parents=True)
    (site / "demo" / "__init__.py").write_text("")
    (tmp_path / "list.txt").write_text(LIST)
    (tmp_path / "removed").write_text(
        "\n".join([*REMOVED, "demo/far/__pycache__/away.cpython-311.pyc", "../../../bin/demo"])
    )
    program = tmp_path / "jettison_removed.py"
    place = tmp_path / "share" / "removed.json.gz"
    text = Path(jettison_removed.__file__).read_text()
    program.write_text(text.replace(jettison_removed.MANIFEST, str(place)))
    names = ("list.txt", "removed", "venv", "share/removed.json.gz")
    command = [sys.executable, "-I", str(program), *(str(tmp_path / name) for name in names)]
    subprocess.run(command, check=True)
    return tmp_path


def python(environment: Path, program: str) -> str:
    site = environment / "venv" / SITE
    start = f"import site; site.addsitedir({str(site)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + program],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout or done.stderr


def test_a_removed_module_that_is_imported_tells_who_why_and_what_to_do(environment: Path) -> None:
    said = python(environment, "import demo.far.away").splitlines()[-1]
    assert said == (
        "ModuleNotFoundError: Jettison removed demo.far from this image by the rule "
        'unreached-modules. To keep it, write keep = ["demo.far"] under [tool.jettison] in '
        "pyproject.toml and build again."
    )


def test_programs_that_do_without_a_module_go_on(environment: Path) -> None:
    program = "try:\n    from demo.far import away\nexcept ImportError as e:\n    print(e.name)"
    assert python(environment, program) == "demo.far\n"


def test_a_module_that_is_only_looked_for_is_found_as_before(environment: Path) -> None:
    program = "from importlib.util import find_spec\nprint(bool(find_spec('demo.far')))"
    assert python(environment, program) == "True\n"


@pytest.mark.parametrize("name", ["demo.other", "other", "demo.data"])
def test_a_module_that_never_was_there_is_missing_as_ever(environment: Path, name: str) -> None:
    said = python(environment, f"import {name}").splitlines()[-1]
    assert said == f"ModuleNotFoundError: No module named {name!r}"


def test_a_missing_manifest_changes_nothing(environment: Path) -> None:
    (environment / "share" / "removed.json.gz").unlink()
    assert "No module named 'demo.far'" in python(environment, "import demo.far")


def test_the_manifest_has_the_list_and_the_files_without_byte_code(environment: Path) -> None:
    with gzip.open(environment / "share" / "removed.json.gz", "rt") as stream:
        manifest = json.load(stream)
    assert manifest == {
        "schema": "jettison.removed/v1",
        "files": [*REMOVED, "../../../bin/demo"],
        "list": LIST,
    }


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("demo/far/away.py", "unreached-modules"),
        ("demo/in/x_gone.py", "unreached-modules"),
        ("demo/tests/x.py", "installed-tests"),
    ],
)
def test_the_rule_is_that_above_the_line(path: str, rule: str) -> None:
    assert jettison_removed.rule(LIST, path) == rule
