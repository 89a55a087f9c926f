"""Bad input: a clear message, an exit status of its own, and nothing written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from command import ran

from jettison.__main__ import _told, run
from jettison.cli import command_line, optimize
from jettison.errors import ENDING, EngineError, FullEngineError, NoEngineError

DOCKERFILE = """FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "main.py"]
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "six==1.16.0\n",
    "main.py": "import six\n\nprint(six.__version__)\n",
}


def project(folder: Path, **changed: str | None) -> Path:
    files = {**FILES, **{name.replace("__", "."): text for name, text in changed.items()}}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def jettison(*arguments: str | Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run a command within this process; how a process begins and ends has its own tests."""
    return ran(*arguments, XDG_CACHE_HOME=str(cache))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"Dockerfile": None}, 3, "no Dockerfile"),
        (
            {"Dockerfile": None, "a__Dockerfile": "FROM x\n", "b__Dockerfile": "FROM y\n"},
            3,
            "--file",
        ),
        ({"Dockerfile": "FROM python:3.11-slim\nRUNN x\n"}, 5, "Dockerfile:2"),
        ({"requirements__txt": "six=1\n"}, 5, "requirements.txt:1"),
        (
            {"Dockerfile": None, "compose__yml": "services:\n  web:\n   build: .\n  - x\n"},
            5,
            "compose.yml:",
        ),
        ({"main__py": "def broken(:\n"}, 5, "main.py:1"),
    ],
)
def test_a_faulty_project_is_named_by_file_and_line(
    tmp_path: Path, changed: dict[str, str | None], status: int, said: str
) -> None:
    folder = project(tmp_path / "project", **changed)
    before = contents(folder)
    done = jettison("apply", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert contents(folder) == before


BUILT = "services:\n  web:\n    build: .\n"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("compose.yml", b"# caf\xe9\n" + BUILT.encode(), 5),
        ("jettison.toml", b"# caf\xe9\nlevel = 1\n", 5),
        ("pyproject.toml", b"# caf\xe9\n[tool.jettison]\nlevel = 1\n", 5),
        (".dockerignore", b"# caf\xe9\n.env\n", 5),
        ("Dockerfile", DOCKERFILE.encode("utf-16"), 5),
        ("compose.yml", b"# more\n" * 400_000 + BUILT.encode(), 3),
        ("jettison.toml", b"# more\n" * 400_000 + b"level = 1\n", 3),
    ],
)
def test_a_file_that_decides_is_not_passed_over_because_it_cannot_be_read(
    tmp_path: Path, name: str, content: bytes, status: int
) -> None:
    folder = project(tmp_path / "project")
    (folder / name).write_bytes(content)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("target", ["/proc/self/mem", "/dev/zero", "nothing"])
@pytest.mark.parametrize("name", ["Dockerfile", "compose.yml", "jettison.toml"])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str, target: str) -> None:
    folder = project(tmp_path / "project")
    (folder / name).unlink(missing_ok=True)
    # what even root cannot read, or nobody to its end
    (folder / name).symlink_to(target)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 3
    assert f"error: {name} cannot be read" in done.stderr


@pytest.mark.parametrize("name", ["setup.cfg", ".gitmodules", "main.py", "requirements.txt"])
def test_nobody_waits_for_a_pipe(tmp_path: Path, name: str) -> None:
    folder = project(tmp_path / "project")
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    words = ["plan", str(folder), "--offline"]
    done = subprocess.run(
        [sys.executable, "-m", "jettison", *words], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "status"),
    [("Dockerfile", 3), (".dockerignore", 3), ("requirements.txt", 0), ("setup.cfg", 0)],
)
def test_no_line_of_a_file_outside_of_the_project_is_shown(
    tmp_path: Path, name: str, status: int
) -> None:
    (tmp_path / "private").write_text("token=s3cret\n!![s3cret\n")
    dockerfile = DOCKERFILE.replace("-r requirements.txt", ".")
    folder = project(tmp_path / "project", Dockerfile=dockerfile)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("../private")
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert (done.returncode, "s3cret" in done.stdout + done.stderr) == (status, False)
    assert f"{name} cannot be read" in done.stderr or f"{name}: it is a link out" in done.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("requirements.txt", b"# caf\xe9\nsix\n"),
        ("setup.cfg", b"# more\n" * 400_000),
        ("setup.cfg", b"# caf\xe9\n"),
        ("compose.override.yml", b"# caf\xe9\n"),
    ],
)
def test_a_file_that_is_passed_over_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    folder = project(tmp_path / "project")
    (folder / name).write_bytes(content)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert f"{name}: it" in done.stdout


BROKEN = b"[project\nname = 1\n"


@pytest.mark.parametrize(
    ("content", "install", "status"),
    [
        (BROKEN, "-r requirements.txt", 0),
        (BROKEN, ".", 5),
        (BROKEN + b"[tool.jettison]\nlevel = 1\n", "-r requirements.txt", 5),
    ],
)
def test_only_a_pyproject_that_is_needed_has_to_be_valid(
    tmp_path: Path, content: bytes, install: str, status: int
) -> None:
    dockerfile = DOCKERFILE.replace("-r requirements.txt", install)
    folder = project(tmp_path / "project", Dockerfile=dockerfile)
    (folder / "pyproject.toml").write_bytes(content)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == status, done.stderr
    assert "pyproject.toml:1: not valid TOML" in done.stderr or (
        "pyproject.toml: it is not valid TOML: Expected" in done.stdout
    )


def test_a_source_of_many_gigabytes_is_not_read(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    with (folder / "data.py").open("wb") as file:
        file.truncate(20 << 30)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert "data.py: it has more than 32 MiB" in done.stdout


def test_no_warning_of_python_about_a_source_is_shown(tmp_path: Path) -> None:
    setup = 'from setuptools import setup\n\nsetup(name="demo", description="\\d")\n'
    dockerfile = DOCKERFILE.replace("-r requirements.txt", ".").replace("requirements.txt", ".")
    root = project(tmp_path / "demo", setup__py=setup, Dockerfile=dockerfile)
    words = [sys.executable, "-m", "jettison", "plan", "--offline", str(root)]
    environment = {**os.environ, "PYTHONWARNINGS": "default", "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert "invalid escape" not in done.stderr


def test_a_machine_that_starts_no_more_threads_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(command_line, "main", refused)
    assert run(["plan"]) == 13
    assert "starts no more threads" in capsys.readouterr().err


def test_a_reader_of_the_output_may_go_away(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        words = [sys.executable, "-m", "jettison", "plan", "--offline", str(folder)]
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = subprocess.run(
            words, stdout=gone, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["cache"], ["plan", "--offline"]])
def test_output_that_cannot_be_written_is_an_error_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    monkeypatch.chdir(project(tmp_path / "project"))
    words = [sys.executable, "-m", "jettison", *command]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )
    assert done.returncode == 8
    assert done.stderr.count("No space left on device") == 1


@pytest.mark.parametrize("streams", [">&-", "<&- >&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["--version", "plan --offline"])
def test_a_closed_standard_output_is_an_error(tmp_path: Path, command: str, streams: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m jettison {command} {streams}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=project(tmp_path / "project"),
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    assert done.returncode == 8
    if "2>" not in streams:
        assert "error: standard output cannot be written\n  it is closed\nhint: " in done.stderr


def test_no_file_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    said = "import os; from jettison.__main__ import _reserve_closed_streams as reserve; reserve()"
    words = f"{said}; print(open('file', 'w').fileno(), file=open('number', 'w'))"
    shell = f'exec {sys.executable} -c "{words}" <&- >&- 2>&-'
    subprocess.run(["sh", "-c", shell], check=True, cwd=tmp_path)
    assert int((tmp_path / "number").read_text()) > 2


_OVER = ("check", "--budget", "size=1 kB", "--offline")


def test_a_reader_that_is_gone_does_not_change_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path / "project"))
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    gone, pipe = os.pipe()
    os.close(gone)
    words = [sys.executable, "-m", "jettison", *_OVER]
    done = subprocess.run(words, stdout=pipe, stderr=pipe, check=False, env=environment)
    os.close(pipe)
    assert done.returncode == 16


@pytest.mark.parametrize("both", [False, True])
def test_messages_that_cannot_be_written_do_not_change_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    monkeypatch.chdir(project(tmp_path / "project"))
    words = [sys.executable, "-m", "jettison", *_OVER]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            words,
            stdout=full if both else subprocess.DEVNULL,
            stderr=full,
            check=False,
            env=environment,
        )
    assert done.returncode == (8 if both else 16)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SOURCE_DATE_EPOCH", "9" * 30, "SOURCE_DATE_EPOCH is"),
        ("SOURCE_DATE_EPOCH", "soon", "SOURCE_DATE_EPOCH is"),
        ("UV_DEFAULT_INDEX", "http://[", "the address of the package index is no address"),
    ],
)
def test_a_variable_that_cannot_be_used_is_an_error_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    done = jettison("plan", project(tmp_path / "project"), cache=tmp_path / "cache")
    assert done.returncode in {3, 5}
    assert f"error: {said}" in done.stderr


def test_a_cache_whose_path_is_too_long_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    done = jettison("cache", cache=tmp_path / ("a" * 300))
    assert done.returncode == 8
    assert "cannot be used\n  File name too long" in done.stderr


def test_no_message_is_longer_than_anybody_reads(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", Dockerfile=f"FROM scratch\nENV {'a' * 100_000}\n")
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 5
    assert "error: Dockerfile:2: " in done.stderr
    assert len(done.stderr) < 10_000


def test_a_dockerfile_outside_of_the_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(DOCKERFILE)
    compose = "services:\n  web:\n    build:\n      context: .\n      dockerfile: ../x\n"
    folder = project(tmp_path / "project", compose__yml=compose)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 3
    assert "lies outside the project: ../x" in done.stderr


def test_a_dockerfile_in_a_linked_folder_is_read(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", Dockerfile=None)
    project(tmp_path / "deploy")
    (folder / "deploy").symlink_to(tmp_path / "deploy")
    done = jettison(
        "plan", folder, "--file", "deploy/Dockerfile", "--offline", cache=tmp_path / "cache"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the engine is there on Linux")
def test_an_engine_that_is_refused_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    status = run(["optimize", "--image", "oci:x", "--engine", "embedded"])
    assert status in {7, 12}, capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["nan", "inf", "1e300", "-1"])
@pytest.mark.parametrize(
    "command",
    [
        ("verify", "a", "b", "--time-limit"),
        ("verify", "a", "b", "--response-timeout"),
        ("fleet", "plan", ".", "--timeout"),
    ],
)
def test_a_time_that_no_program_can_wait_for_is_refused(
    command: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, text]) == 2
    assert "Error: Invalid value" in capsys.readouterr().err


def test_a_fault_in_a_module_that_does_not_start_the_image_costs_it_alone(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", old__py="print 'Python 2'\n")
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 0
    assert "old.py" in done.stdout


def test_a_list_that_is_not_there_is_not_predicted_as_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", requirements__txt=None)
    done = jettison("plan", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 0
    assert "Predicted size: more than " in done.stdout


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    done = jettison("plan", folder / "Dockerfile", cache=tmp_path / "cache")
    assert (done.returncode, "is not a folder" in done.stderr) == (3, True)


def test_uncommitted_changes_are_not_written_over(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", "-C", str(folder), *identity, *command], check=True)
    (folder / "main.py").write_text("import six\n")
    before = contents(folder)
    done = jettison("apply", folder, "--offline", cache=tmp_path / "cache")
    assert (done.returncode, "uncommitted changes" in done.stderr) == (8, True)
    assert contents(folder) == before
    forced = jettison("apply", folder, "--offline", "--force", cache=tmp_path / "cache")
    assert forced.returncode == 0
    assert contents(folder) != before


def test_a_read_only_file_stays_as_it_is_and_so_do_all_others(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    (folder / "Dockerfile").chmod(0o444)
    before = contents(folder)
    done = jettison("apply", folder, "--offline", cache=tmp_path / "cache")
    assert (done.returncode, "Dockerfile cannot be written" in done.stderr) == (8, True)
    assert contents(folder) == before


def test_an_output_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    done = jettison(
        "apply", folder, "--offline", "--output", tmp_path / "out", cache=tmp_path / "cache"
    )
    assert done.returncode == 8
    assert contents(tmp_path / "out") == {"mine": b"x"}


@pytest.mark.parametrize("engine", ["docker", "embedded"])
def test_an_output_folder_that_cannot_be_used_is_refused_before_anything_is_built(
    engine: str, tmp_path: Path
) -> None:
    folder = project(tmp_path / "project")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    done = jettison(
        "optimize", folder, "--offline", "--engine", engine, "--output", tmp_path / "out",
        cache=tmp_path / "cache",
    )  # fmt: skip
    assert done.returncode == 8
    assert "is not an empty folder" in done.stderr
    assert "build" not in done.stderr
    assert contents(tmp_path / "out") == {"mine": b"x"}


def test_check_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    before = contents(folder)
    done = jettison("apply", folder, "--offline", "--check", cache=tmp_path / "cache")
    assert (done.returncode, "Dockerfile" in done.stderr) == (9, True)
    assert contents(folder) == before


def test_an_engine_that_does_not_answer_is_said_when_it_was_asked_for(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    done = jettison(
        "optimize", folder, "--offline", "--engine", "nonesuch", cache=tmp_path / "cache"
    )
    assert (done.returncode, "no engine 'nonesuch'" in done.stderr) == (7, True)


@pytest.mark.parametrize(
    ("failure", "status"),
    [(NoEngineError("no engine"), 0), (FullEngineError("the disk lost 9 GB"), 7)],
)
def test_only_where_no_engine_is_there_a_plan_is_all_that_is_wanted(
    failure: EngineError,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(optimize, "optimize_with", fails)
    folder = project(tmp_path / "project")
    assert run(["optimize", str(folder), "--offline", "--no-imports"]) == status
    said = capsys.readouterr()
    assert failure.what in said.err
    assert ("Nothing was built" in said.out) is (status == 0)


def handles(process: int, number: signal.Signals) -> bool:
    """Whether a process handles a signal itself, as it does from where its own work begins."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (handled,) = (line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(handled, 16) >> (number - 1) & 1)


def test_an_interrupt_leaves_all_files_or_none(tmp_path: Path) -> None:
    folder, other = project(tmp_path / "project"), project(tmp_path / "other" / "project")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "jettison", "apply", "--offline"]
    before = contents(folder)
    subprocess.run([*command, str(other)], check=True, capture_output=True, env=environment)
    process = subprocess.Popen(
        [*command, str(folder)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    while process.poll() is None and not handles(process.pid, signal.SIGTERM):
        time.sleep(0.01)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was done before the interrupt came")
    # An interrupt while Python itself starts or ends is answered by Python.
    assert process.returncode in (130, -signal.SIGINT)
    if contents(folder) == before:
        assert "Nothing was written" in said or process.returncode == -signal.SIGINT
    else:
        assert contents(folder) == contents(other)
        assert "files were written before" in said or process.returncode == -signal.SIGINT


@pytest.mark.parametrize("number", ENDING)
def test_whoever_is_told_to_end_while_it_loads_ends_without_a_traceback(
    tmp_path: Path, number: signal.Signals
) -> None:
    script = tmp_path / "jettison"
    script.write_text(
        "import os, signal, sys\n"
        # who runs the tests may ignore it, as a shell lets what it has in the background do
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"if {number:d} != signal.SIGINT: signal.signal({number:d}, signal.SIG_DFL)\n"
        "class Late:\n"
        "    def find_spec(name, path, target=None):\n"
        f"        if name == 'jettison.cli': os.kill(os.getpid(), {number:d})\n"
        "sys.meta_path.insert(0, Late)\n"
        "from jettison.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-number, b"")


@pytest.mark.parametrize("number", ENDING)
def test_whoever_is_told_to_end_again_and_again_ends_as_after_the_first_time(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = (
        "import atexit, os, signal\n"
        # who runs the tests may ignore it, as a shell lets what it has in the background do
        f"signal.signal({number:d}, signal.SIG_DFL)\n"
        "import jettison.__main__ as program\n"
        f"again = lambda *_: os.kill(os.getpid(), {number:d})\n"
        "atexit.register(again)\n"
        "program.command_line.main = lambda *_, **__: again()\n"
        "program.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, "Traceback" in done.stderr) == (130, False), done.stderr
    assert "Nothing was written" in done.stderr


@pytest.mark.parametrize(
    "dockerfile",
    [
        "\ufeff" + DOCKERFILE,
        "\ufeff# syntax=docker/dockerfile:1\n" + DOCKERFILE.replace("\n", "\r\n"),
        "# escape=`\n" + DOCKERFILE.replace("install -r", "install `\n    -r"),
        "# escape=`\n" + DOCKERFILE.replace("RUN pip", "RUN echo \\x && pip"),
    ],
)
def test_a_byte_order_mark_and_another_escape_character_are_kept(
    tmp_path: Path, dockerfile: str
) -> None:
    folder = project(tmp_path / "project", Dockerfile=dockerfile)
    done = jettison("apply", folder, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    written = (folder / "Dockerfile").read_bytes().decode()
    assert "FROM python:3.11-slim AS build" in written
    assert written.count("\ufeff") == dockerfile.count("\ufeff")
    assert written[:9].strip("\r\n") == dockerfile[:9].strip("\r\n") or written[0] == "\ufeff"
    again = jettison("apply", folder, "--offline", "--check", cache=tmp_path / "cache")
    assert again.returncode == 0, again.stderr


OWN = str(Path(sys.executable).with_name("jettison"))


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-m", "jettison", "plan"], [OWN, "plan"], [OWN, "fleet", "plan", "."]],
)
def test_no_module_of_the_project_is_imported(tmp_path: Path, command: list[str]) -> None:
    names = ["json", "signal", "click", "msgspec", "tomllib", "sitecustomize"]
    # `python -m` looks for its own modules there, before any other runs
    names += ["types", "socket", "multiprocessing", "selectors"] if command[0] == OWN else []
    for name in names:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a')\n")
    (tmp_path / "Dockerfile").write_text('FROM python:3.11-slim\nCOPY . .\nCMD ["python"]\n')
    done = subprocess.run(
        [*command, "--offline"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_links_in_a_circle_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "loop").symlink_to("loop")
    place = project(tmp_path / "project")
    output = f"oci:{tmp_path / 'loop' / 'image'}"
    assert run(["build", str(place), "--offline", "--output", output]) == 8
    assert "hint: " in capsys.readouterr().err


def test_a_cache_that_lets_no_program_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = tmp_path / "ld.so"
    loader.touch(0o755)
    refused = PermissionError(13, "Permission denied", str(loader))
    assert _told(refused).why == "Permission denied"
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC))
    said = _told(refused)
    assert said.why == "its file system is mounted with noexec"
    assert "XDG_CACHE_HOME" in said.hint
    loader.chmod(0o644)
    assert _told(refused).why == "Permission denied"
