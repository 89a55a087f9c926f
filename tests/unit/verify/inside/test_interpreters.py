"""The Python that is asked is the one that runs the application."""

from pathlib import Path

import pytest

from jettison.verify.inside.interpreters import by_command, running

SITE = "lib/python3.13/site-packages"


def program(path: Path, text: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def environment(folder: Path, *distributions: str) -> str:
    """Make an environment, and give its Python."""
    for name in distributions:
        (folder / SITE / f"{name}-1.0.dist-info").mkdir(parents=True)
    return program(folder / "bin/python")


def process(listed: Path, number: int, parent: int, *words: str, maps: str = "") -> None:
    own = listed / str(number)
    own.mkdir(parents=True)
    (own / "root").symlink_to("/")
    (own / "cwd").symlink_to("/srv")
    (own / "stat").write_text(f"{number} (a (name)) S {parent} 1 1")
    (own / "cmdline").write_text("\0".join((*words, "")))
    (own / "environ").write_text(f"PATH={listed.parent}/usual/bin\0")
    (own / "maps").write_text(maps)


def test_a_process_tells_it_where_a_tool_starts_the_application(tmp_path: Path) -> None:
    own = environment(tmp_path / "srv/.venv", "flask")
    usual = environment(tmp_path / "usual")
    listed = tmp_path / "proc"
    process(listed, 1, 0, "uv", "run", "uvicorn", "app:app")
    process(listed, 7, 1, own, "uvicorn", "app:app")
    # what we run in the container has no parent there
    process(listed, 40, 0, usual, "-B", "-")
    process(listed, 41, 40, usual, "-c", "")
    assert running(str(listed)) == own


def test_what_supervises_is_not_the_application(tmp_path: Path) -> None:
    own = environment(tmp_path / "srv/venv", "flask")
    listed = tmp_path / "proc"
    process(listed, 1, 0, environment(tmp_path / "usual"), "supervisord")
    process(listed, 8, 1, own, "gunicorn")
    process(listed, 9, 8, own, "gunicorn")
    assert running(str(listed)) == own


def test_a_server_that_calls_itself_otherwise_is_known_by_what_it_has_loaded(
    tmp_path: Path,
) -> None:
    own = environment(tmp_path / "srv/venv", "flask")
    listed = tmp_path / "proc"
    loaded = f"7f0-7f1 r-xp 0 08:01 12 {tmp_path}/srv/venv/{SITE}/markupsafe/_speedups.so\n"
    process(listed, 1, 0, "gunicorn: master [app]", maps=loaded)
    assert running(str(listed)) == own


def test_a_name_is_looked_for_where_the_process_looks(tmp_path: Path) -> None:
    usual = environment(tmp_path / "usual")
    listed = tmp_path / "proc"
    process(listed, 1, 0, "python", "main.py")
    assert running(str(listed)) == usual


def test_nothing_is_told_without_a_python(tmp_path: Path) -> None:
    listed = tmp_path / "proc"
    process(listed, 1, 0, "sleep", "9")
    assert running(str(listed)) == ""


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("uv run uvicorn app:app", "srv/.venv/bin/python"),
        ("poetry run gunicorn app", "srv/.venv/bin/python"),
        ("sh -c exec uv run app", "srv/.venv/bin/python"),
        ("./entrypoint.sh", "srv/.venv/bin/python"),
        ("gunicorn app", "usual/bin/python3"),
        ("tini -- gunicorn app", "usual/bin/python3"),
        ("python main.py", "usual/bin/python"),
        ("DEBUG=1 python main.py", "usual/bin/python"),
    ],
)
def test_before_it_runs_the_command_tells(
    command: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(tmp_path / "srv/.venv", "pip", "flask")
    environment(tmp_path / "usual")
    usual = program(tmp_path / "usual/bin/python3")
    program(tmp_path / "usual/bin/gunicorn", f"#!{usual}\nimport gunicorn\n")
    program(tmp_path / "usual/bin/poetry", f"#!{usual}\nimport poetry\n")
    program(tmp_path / "usual/bin/uv", "\x7fELF")
    program(tmp_path / "srv/entrypoint.sh", "#!/bin/sh\nexec uv run app\n")
    monkeypatch.setenv("PATH", str(tmp_path / "usual/bin"))
    monkeypatch.chdir(tmp_path / "srv")
    assert by_command(command.split()) == str(tmp_path / found)


def test_an_environment_of_installers_alone_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(tmp_path / ".venv", "pip", "setuptools")
    monkeypatch.setenv("PATH", str(tmp_path / "usual/bin"))
    monkeypatch.chdir(tmp_path)
    assert by_command(["uv", "run", "app"]) == ""
