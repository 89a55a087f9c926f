"""Which files of a project are read whole."""

from pathlib import Path

import pytest

from jettison.lift.declared import installed_declarations
from jettison.lift.installation import Installation
from jettison.lift.locked import movable
from jettison.lift.stage import lifted
from jettison.plan import FileChange
from jettison.source.reading import read_tree
from jettison.tasks.loading.project import load_project, read_texts
from jettison.tasks.writing import write_in_place

LARGE = "# padding\n" * 300_000


@pytest.mark.parametrize(
    "name",
    ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.prod.toml"],
)
def test_a_lock_is_read_however_long_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / name).write_text(LARGE, encoding="utf-8")
    found = read_texts(tmp_path, read_tree(tmp_path))
    assert len(found[f"api/{name}"]) == len(LARGE)


def test_another_long_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "generate.sh").write_text(LARGE, encoding="utf-8")
    assert read_texts(tmp_path, read_tree(tmp_path)) == {}


@pytest.mark.parametrize("name", ["environment.yml", "conda-env.yaml", "env.yml", "conda.yml"])
def test_conda_environments_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("dependencies: []\n", encoding="utf-8")
    assert name in read_texts(tmp_path, read_tree(tmp_path))


def test_lists_of_requirements_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM python\nRUN pip install -r deps.txt && python -c "pass"\n',
        "deps.txt": "six\n-c pins.txt\n",
        "pins.txt": "six==1.16.0\n",
        "notes.txt": "not named\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_texts(tmp_path, read_tree(tmp_path), ["Dockerfile"])
    assert found.keys() == {"Dockerfile", "deps.txt", "pins.txt"}


def test_shell_scripts_without_an_ending_are_read(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "entrypoint-web").write_text("#!/usr/bin/env bash\nexec gunicorn app\n")
    (tmp_path / "bin" / "tool").write_text("#!/usr/bin/env python3\n")
    assert set(read_texts(tmp_path, read_tree(tmp_path))) == {"bin/entrypoint-web"}


@pytest.mark.parametrize("copied", [".", "app/", "model.bin", "docs/", "../app", "x" * 300])
def test_a_named_dockerfile_may_copy_folders_and_files_that_are_no_text(
    tmp_path: Path, copied: str
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "model.bin").write_bytes(b"\xff" * 3_000_000)
    (tmp_path / "Dockerfile").write_text(f"FROM python\nCOPY {copied} /srv/\nCMD python -m app\n")
    loaded = load_project(tmp_path, dockerfile="Dockerfile", service=None)
    assert loaded.project.context == ""


def test_a_dockerfile_that_copies_everything_is_built_where_its_list_lies(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("flask\n")
    text = "FROM python:3.13\nWORKDIR /srv\nADD . /srv\nRUN pip install -r /srv/requirements.txt\n"
    (tmp_path / "app/Dockerfile").write_text(text)
    loaded = load_project(tmp_path, dockerfile="app/Dockerfile", service=None)
    assert loaded.project.context == "app"


def test_a_list_in_utf_16_is_read_as_pip_reads_it_and_installed_by_pip(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["python"]\n'
    )
    (tmp_path / "requirements.txt").write_bytes("flask==3.1.0\r\npytest\r\n".encode("utf-16"))
    project = load_project(tmp_path, dockerfile=None, service=None).project
    assert {one.declaration.name for one in installed_declarations(project)} == {"flask", "pytest"}
    found = movable(project, lifted(project))
    assert isinstance(found, Installation)
    assert found.by_pip
    assert found.commands == (("-r", "requirements.txt"),)
    change = FileChange(
        path="requirements.txt", before=project.texts["requirements.txt"], after="flask==3.1.0\n"
    )
    write_in_place(tmp_path, (change,), force=True)
    assert (tmp_path / "requirements.txt").read_text() == "flask==3.1.0\n"


def test_a_folder_of_environment_files_is_no_environment_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM python:3.12-slim\n")
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    build: .\n")
    assert load_project(tmp_path, dockerfile=None, service=None).project.service == "web"
