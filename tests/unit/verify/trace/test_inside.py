"""The programs that run in images, run by the Python of the tests."""

import encodings.aliases
import json
import os
import pickle
import subprocess
import sys
from email.message import Message
from pathlib import Path

import pytest

from jettison.errors import EngineError
from jettison.verify.interior import script_text
from jettison.verify.tracing import installed_of
from jettison.verify.watching import HOOK, hook_binds


def noted(folder: Path) -> set[str]:
    text = script_text("hook", {"folder": str(folder)})
    done = subprocess.run([sys.executable, "-S", "-c", text], capture_output=True, check=True)
    return set(done.stdout.decode().splitlines())


def run_with_hook(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    output = folder / "noted"
    output.mkdir()
    text = script_text("hook", {}).replace("/jettison-noted", str(output))
    (folder / "sitecustomize.py").write_text(text)
    (folder / "loaded.py").write_text("")
    (folder / "read.txt").write_text("x")
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_and_opened_files_of_all_processes_are_noted(tmp_path: Path) -> None:
    done = run_with_hook(
        tmp_path,
        "import subprocess, sys; open('./read.txt')\n"
        "subprocess.run([sys.executable, '-c', 'import loaded'], check=True)\n",
    )
    assert done.returncode == 0, done.stderr
    found = noted(tmp_path / "noted")
    names = {Path(path).name for path in found}
    assert "read.txt" in names
    assert {name.partition(".")[0] for name in names} >= {"loaded", "subprocess"}


def test_what_python_loads_before_the_hook_is_noted(tmp_path: Path) -> None:
    run_with_hook(tmp_path, "")
    assert encodings.aliases.__file__ in noted(tmp_path / "noted")


def test_a_program_that_closes_every_file_is_watched_all_the_same(tmp_path: Path) -> None:
    done = run_with_hook(
        tmp_path, "import os; os.closerange(3, 100); open('./read.txt').close(); print('ran')"
    )
    assert done.stdout == "ran\n"
    assert str(tmp_path / "read.txt") in {
        os.path.normpath(path) for path in noted(tmp_path / "noted")
    }


def test_programs_that_are_started_are_noted_with_what_a_shell_is_told(tmp_path: Path) -> None:
    done = run_with_hook(
        tmp_path,
        "import os, subprocess\n"
        "subprocess.run(['true', 'quietly'], check=True)\n"
        "subprocess.run('true && echo said', shell=True, check=True)\n"
        "os.system('exit 0')\n",
    )
    assert done.returncode == 0, done.stderr
    ran = {line for line in noted(tmp_path / "noted") if line.startswith("ran: ")}
    assert "ran: true true quietly" in ran
    assert any("true && echo said" in line for line in ran)
    assert "ran: exit 0" in ran


def test_the_hook_is_loaded_by_a_line_that_python_runs_at_its_start(tmp_path: Path) -> None:
    hook_binds(tmp_path, "/site")
    (line,) = (tmp_path / HOOK).read_text().splitlines()
    # site runs lines of .pth files that begin so, and passes over all others
    assert line.startswith("import ")
    compile((tmp_path / "hook.py").read_text(), "hook.py", "exec")


def test_an_environment_is_read_whole(tmp_path: Path) -> None:
    site = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    files = {
        "demo/__init__.py": "import demo.core\n",
        "demo/core.py": "",
        "demo/data.json": "{}",
        "Demo_Kit-1.0.dist-info/METADATA": "Name: Demo_Kit\nVersion: 1.0\n",
        "Demo_Kit-1.0.dist-info/RECORD": "demo/__init__.py,,\ndemo/core.py,,\n../../../bin/x,,\n",
        "Demo_Kit-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo.core:main\n",
        "demo/fast.cpython-311-x86_64-linux-gnu.so": "\0core\0demo.core\0unknown\0",
        "demo/old.dat": pickle.dumps(Message, 2).decode("latin-1"),
        "demo/new.dat": pickle.dumps(Message, 5).decode("latin-1"),
    }
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="latin-1")
    application = tmp_path / "app"
    application.mkdir()
    (application / "main.py").write_text("import demo\n")
    (application / "picture.png").write_text("")
    asked = {"environment": str(tmp_path / "venv"), "folder": str(application)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", script_text("contents", asked)],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        check=True,
    )
    found = installed_of(json.loads(done.stdout))
    assert found.site == str(site)
    assert found.files.keys() == files.keys()
    assert found.owners["demo/core.py"] == "demo-kit"
    assert [point.value for point in found.entry_points] == ["demo.core:main"]
    assert found.words["demo/fast.cpython-311-x86_64-linux-gnu.so"] == {"core", "demo.core"}
    # as data of Babel names babel.numbers, which nothing else may import
    assert "email.message" in found.words["demo/old.dat"] & found.words["demo/new.dat"]
    assert found.application == {str(application / "main.py"): b"import demo\n"}
    assert found.library == str(Path(os.__file__).parent)


def test_an_environment_that_answers_in_another_shape_is_an_error() -> None:
    with pytest.raises(EngineError, match="could not be read"):
        installed_of({"site": 3})
