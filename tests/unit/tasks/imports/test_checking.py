"""Imports that are tried with what a plan leaves, with packages made here and a local index."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from package_index import PackageIndex, serving
from wheels import wheel

from jettison.errors import EngineError
from jettison.formats.own_settings import Override
from jettison.lift.scopes import Scope
from jettison.progress import SilentProgress
from jettison.report.verdict_text import imports_text
from jettison.tasks.imports import copied
from jettison.tasks.imports.checking import Checked, checked, guarded
from jettison.tasks.loading import Planned, planned

DOCKERFILE = """FROM python:3.11-slim
WORKDIR /app
ENV GREETING=hello PYTHONPATH=/app/lib
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "main.py"]
"""
# pytest is known to be for development; what it brings here is the tests' own.
REQUIREMENTS = "webby==1.0\n\n# development\npytest==1.0\n"
# What it imports is not required; nothing loads its modules but by a computed name.
QUEUES = {
    "queues/__init__.py": b"",
    "queues/guarded.py": b"try:\n    import lent\nexcept ImportError:\n    lent = None\n",
    "queues/pytest_plugin.py": b"import pytest\n",
    "queues/another.py": b"import nowhere_to_be_found\nimport lent\n",
    "queues/tests/test_all.py": b"import lent\n",
    "queues/pages.py": b"import webby\n",
}


@pytest.fixture(scope="module")
def index() -> Iterator[PackageIndex]:
    with serving() as found:
        offered = {"webby": (), "pytest": ("lent", "webby"), "lent": ()}
        for name, requires in offered.items():
            content = wheel(name, requires=requires)
            found.add(f"{name}-1.0-py3-none-any.whl", content)
        found.add("queues-1.0-py3-none-any.whl", wheel("queues", files=QUEUES))
        loading = {**QUEUES, "queues/redis.py": b"import os\nfrom lent.version import parse\n"}
        found.add("queues-2.0-py3-none-any.whl", wheel("queues", "2.0", files=loading))
        yield found


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What uv keeps, for all tests: their index does not change."""
    return str(tmp_path_factory.mktemp("uv"))


@pytest.fixture(autouse=True)
def surroundings(
    index: PackageIndex, fetched: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("UV_INDEX_URL", "PIP_INDEX_URL", "UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{index.url}/simple")
    monkeypatch.setenv("UV_CACHE_DIR", fetched)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def project(folder: Path, **sources: str) -> Path:
    files = {"Dockerfile": DOCKERFILE, "requirements.txt": REQUIREMENTS}
    files |= {f"{name.replace('__', '/')}.py": text for name, text in sources.items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def check(folder: Path) -> Checked:
    def again(overrides: tuple[Override, ...] = ()) -> Planned:
        return planned(folder, overrides=overrides)

    return checked(again(), again, SilentProgress())


def test_what_nothing_imports_is_not_missed(tmp_path: Path) -> None:
    found = check(project(tmp_path / "p", main="import webby\n"))
    assert found.result.equivalent
    assert set(found.result.full) - set(found.result.runtime) == {"pytest", "lent"}
    assert found.result.imported == 2
    assert not found.result.failed


def test_nothing_is_installed_where_nothing_leaves(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\n")
    (folder / "requirements.txt").write_text("webby==1.0\n", encoding="utf-8")
    found = check(folder)
    assert found.result.equivalent
    assert found.result.full == found.result.runtime == ("webby",)
    assert not (tmp_path / "cache" / "jettison" / "environments").exists()


def test_an_import_by_a_computed_name_turns_the_verdict_and_corrects_the_plan(
    tmp_path: Path,
) -> None:
    text = "import importlib\n\nimport webby\n\nimportlib.import_module('tnel'[::-1])\n"
    found = check(project(tmp_path / "p", main=text))
    (loss,) = found.result.losses
    assert not found.result.equivalent
    assert (loss.attempt.module, loss.attempt.missing) == ("main", "lent")
    assert (loss.distribution, loss.requirement) == ("lent", "pytest")
    assert str(loss.attempt.origin) == "main.py:5"
    assert found.result.kept == ("lent",)
    assert found.result.imported == len(("importlib", "webby", "main"))
    assert production(found.planned) == [
        "webby==1.0",
        "lent==1.0  # jettison: only a moved requirement had brought it",
    ]


def production(found: Planned) -> list[str]:
    text = found.plan.project.texts["requirements.txt"]
    return [line for line in text.splitlines() if line]


def test_what_a_module_of_a_library_imports_undeclared_stays(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\nimport queues\n")
    lines = "webby==1.0\nqueues==2.0\npytest==1.0\n"
    (folder / "requirements.txt").write_text(lines, encoding="utf-8")
    found = check(folder)
    (loss,) = found.result.losses
    assert (loss.attempt.module, loss.distribution, loss.requirement) == (
        "queues.redis",
        "lent",
        "pytest",
    )
    assert str(loss.attempt.origin) == "queues/redis.py:2"
    assert "lent==1.0" in "".join(production(found.planned))
    assert "pytest==1.0" not in production(found.planned)


def test_a_list_with_hashes_keeps_the_requirement_that_brings_it(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\nimport queues\n")
    lines = f"webby==1.0 --hash=sha256:{'0' * 64}\nqueues==2.0\npytest==1.0\n"
    (folder / "requirements.txt").write_text(lines, encoding="utf-8")
    found = check(folder)
    assert found.result.kept == ("pytest",)
    (kept,) = (each for each in found.planned.plan.requirements if each.name == "pytest")
    assert kept.scope is Scope.RUNTIME
    assert kept.evidence[0].kind == "import-check"
    assert "No module named 'lent'" in kept.evidence[0].message


def test_imports_that_are_guarded_tested_or_could_not_succeed_keep_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\nimport queues\n")
    lines = "webby==1.0\nqueues==1.0\npytest==1.0\n"
    (folder / "requirements.txt").write_text(lines, encoding="utf-8")
    found = check(folder)
    assert found.result.equivalent
    assert "lent" not in "".join(production(found.planned))


def test_a_module_that_a_function_imports_later_is_missed_too(tmp_path: Path) -> None:
    """The plan keeps what brings such an import, unless the settings take it out."""
    folder = project(tmp_path / "p", main="import webby\n\ndef f():\n    import lent\n")
    assert check(folder).result.full == check(folder).result.runtime
    (folder / "jettison.toml").write_text('remove = ["pytest"]\n', encoding="utf-8")
    (loss,) = check(folder).result.losses
    assert (loss.attempt.module, loss.requirement) == ("lent", "pytest")
    assert str(loss.attempt.origin) == "main.py:4"


def test_an_import_that_the_application_goes_on_without_is_not_missed(tmp_path: Path) -> None:
    text = "import webby\ntry:\n    import lent\nexcept ImportError:\n    lent = None\n"
    assert check(project(tmp_path / "p", main=text)).result.equivalent


def test_what_fails_with_everything_installed_is_no_difference(tmp_path: Path) -> None:
    found = check(project(tmp_path / "p", main="import webby\nimport nowhere_to_be_found\n"))
    assert found.result.equivalent
    assert "main" in {each.module for each in found.result.failed}


def test_variables_and_search_path_are_those_of_the_image(tmp_path: Path) -> None:
    text = "import os\n\nimport inner\nimport webby\n\nassert os.environ['GREETING'] == 'hello'\n"
    found = check(project(tmp_path / "p", main=text, lib__inner=""))
    assert "main" not in {each.module for each in found.result.failed}


def test_no_network_is_reached_and_no_file_of_the_project_is_written(tmp_path: Path) -> None:
    text = (
        "import pathlib\nimport socket\n\nimport webby\n\npathlib.Path('written').touch()\n"
        "socket.create_connection(('127.0.0.1', 9))\n"
    )
    folder = project(tmp_path / "p", main=text)
    before = {path.name for path in folder.iterdir()}
    found = check(folder)
    (failed,) = found.result.failed
    # Where it has no network of its own, the kernel refuses the socket before it is used.
    refused = "Operation not permitted" if found.result.not_apart else "no network"
    assert refused in failed.message
    assert found.result.equivalent
    assert {path.name for path in folder.iterdir()} == before


def test_a_module_that_ends_the_process_is_told(tmp_path: Path) -> None:
    found = check(project(tmp_path / "p", main="import os\nimport webby\n\nos._exit(3)\n"))
    (failed,) = found.result.failed
    assert failed.message == "it ended the process with status 3"


def test_environments_are_kept_for_the_next_time(tmp_path: Path, index: PackageIndex) -> None:
    folder = project(tmp_path / "p", main="import webby\n")
    check(folder)
    asked = len(index.asked)
    check(folder)
    assert len(index.asked) == asked


def test_an_environment_that_was_damaged_is_rebuilt(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\n")
    before = check(folder).result
    assert before.equivalent
    for path in (Path(os.environ["XDG_CACHE_HOME"]) / "jettison/environments").rglob("webby/*.py"):
        path.unlink()
        path.write_bytes(b"raise SystemExit")
    assert check(folder).result == before


def test_a_plan_is_corrected_before_anything_is_built(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\n__import__('tnel'[::-1])\n")

    def again(overrides: tuple[Override, ...] = ()) -> Planned:
        return planned(folder, overrides=overrides)

    first = again()
    assert "requirements.txt" in {change.path for change in first.plan.files}
    found = guarded(first, again, SilentProgress())
    assert "lent==1.0" in "".join(production(found))


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jettison", "verify", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )


def test_the_command_names_the_requirement_and_fails(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", main="import webby\n__import__('tnel'[::-1])\n")
    done = command("--imports", folder)
    assert done.returncode == 4
    assert "MISSING lent" not in done.stdout
    assert "MISSING main: No module named 'lent' (main.py:2)" in done.stdout
    assert "lent provides it, a dependency of pytest" in done.stdout
    assert "Plan corrected: keep lent in production" in done.stdout
    assert "the application imports distributions that the plan removes" in done.stderr
    assert "hint:" in done.stderr


def test_the_command_gives_json(tmp_path: Path) -> None:
    done = command("--imports", project(tmp_path / "p", main="import webby\n"), "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["schema"] == "jettison.imports/v1"
    assert document["equivalent"]
    assert document["runtime"] == ["webby"]


def test_without_imports_two_images_are_needed() -> None:
    done = command("one")
    assert done.returncode == 2
    assert "Two images are needed" in done.stderr


SPY = """
import _socket
import os
import socket
import webby

assert not [name for name in os.environ if "SECRET" in name], "environment"
assert not os.listdir(os.path.expanduser("~")), "home"
own = _socket.socket() if {apart} else None
try:
    (own or _socket.socket()).connect(("127.0.0.1", {port}))
except OSError:
    pass
else:
    raise AssertionError("network")
if {apart}:
    assert not os.path.exists({secret!r}), "files"
    assert len([name for name in os.listdir("/proc") if name.isdigit()]) < 9, "processes"
    for path in (webby.__file__, os.__file__, "/etc/hosts"):
        try:
            open(path, "a").close()
        except OSError:
            continue
        raise AssertionError(path)
"""


@pytest.mark.parametrize("apart", [True, False])
def test_code_of_the_project_finds_nothing_of_the_user(
    apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not apart:

        def refuse(*_: object) -> NoReturn:
            raise EngineError("refused", why="the kernel does not allow it")

        monkeypatch.setattr("jettison.engines.embedded.confined.started.start", refuse)
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        main = SPY.format(port=port, secret=str(secret), apart=apart)
        found = check(project(tmp_path / "p", main=main))
    if apart and found.result.not_apart:
        pytest.skip(f"no namespaces here: {found.result.not_apart}")
    assert not found.result.failed
    assert bool(found.result.not_apart) is not apart
    assert ("without namespaces" in imports_text(found.result)) is not apart


@pytest.mark.parametrize(
    "answer",
    ["os.mkfifo(path)", "os.symlink('/dev/zero', path)", "open(path, 'w').write('[' * 9999)"],
    ids=["fifo", "link", "nested"],
)
def test_an_answer_that_is_none_is_told(answer: str, tmp_path: Path) -> None:
    main = f"import os, sys, webby\npath = sys.argv[1]\n{answer}\nos._exit(0)\n"
    found = check(project(tmp_path / "p", main=main))
    assert [each.error for each in found.result.failed] == ["NoAnswer"]


def test_only_what_an_import_can_read_is_copied(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import json\n")
    os.mkfifo(tmp_path / "pipe.py")
    with (tmp_path / "data.bin").open("wb") as file:
        file.truncate(40 << 30)
    with copied(tmp_path, "", "/app") as copy:
        assert [place.name for place in copy.top.iterdir()] == ["app.py"]
