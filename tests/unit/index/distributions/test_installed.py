from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from jettison.index import Source
from jettison.index.wheels import installed_distributions

from .conftest import make_wheel


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    folder.mkdir(parents=True)
    wheel = make_wheel(
        {"yaml/__init__.py": "x = 1\n"}, name="PyYAML", metadata="Requires-Dist: six\n"
    )
    with zipfile.ZipFile(BytesIO(wheel)) as archive:
        archive.extractall(folder)
    record = folder / "PyYAML-1.0.dist-info" / "RECORD"
    record.write_text(
        "yaml/__init__.py,,6\nyaml/__pycache__/__init__.cpython-312.pyc,,99\n", encoding="utf-8"
    )
    return tmp_path / ".venv"


def test_an_environment_is_read_without_running_it(environment: Path) -> None:
    facts = installed_distributions(environment)["pyyaml"]
    assert facts.import_names == ("yaml",)
    assert facts.source is Source.ENVIRONMENT
    assert [one.name for one in facts.requires] == ["six"]
    assert facts.installed_size is not None
    assert facts.installed_size.bytes == 6


def test_what_is_broken_there_is_left_out(environment: Path) -> None:
    folder = next(environment.glob("lib/*/site-packages"))
    (folder / "empty-1.0.dist-info").mkdir()
    (folder / "odd-1.0.dist-info").mkdir()
    (folder / "odd-1.0.dist-info" / "METADATA").write_text("Nothing here\n", encoding="utf-8")
    assert set(installed_distributions(environment)) == {"pyyaml"}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert installed_distributions(tmp_path / "missing") == {}
