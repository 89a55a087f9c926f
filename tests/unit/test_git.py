"""Git is asked without running what a project's repository names."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from jettison.errors import NetworkError, WriteError
from jettison.processes.git import Unknown, checked_out, last_commit, uncommitted
from jettison.tasks.writing import write_in_place

WHO = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")


def git(root: Path, *words: str) -> None:
    done = subprocess.run(["git", "-C", root, *WHO, *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "kept").write_text("kept\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=first", "--date=2020-01-01T00:00:00Z")
    return root


@pytest.fixture
def hostile(repository: Path) -> Path:
    """A repository that runs a program at nearly every step of Git."""
    script = repository.parent / "evil"
    script.write_text(f"#!/bin/sh\necho $0 >> {repository.parent}/ran\ncat\n")
    script.chmod(0o755)
    hooks = repository.parent / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").write_bytes(script.read_bytes())
    (hooks / "post-index-change").chmod(0o755)
    for key, value in {
        "core.fsmonitor": script,
        "core.hooksPath": hooks,
        "core.pager": script,
        "filter.evil.clean": script,
        "filter.evil.process": script,
        "filter.evil.required": "true",
        "gpg.program": script,
        "log.showSignature": "true",
        "pager.status": "true",
    }.items():
        git(repository, "config", key, str(value))
    (repository / ".git/info/attributes").write_text("* filter=evil\n")
    os.utime(repository / "kept", (1, 1))
    return repository


def test_nothing_of_a_repository_is_run(hostile: Path) -> None:
    ran = hostile.parent / "ran"
    assert uncommitted(hostile) == ()
    assert last_commit(hostile) > 0
    (hostile / "new").write_text("new")
    assert uncommitted(hostile) == ("?? new",)
    assert not ran.exists()
    subprocess.run(["git", "-C", hostile, "status"], capture_output=True, check=False)
    assert ran.exists()  # so the repository would have run it


def test_the_time_is_that_of_the_commit(repository: Path) -> None:
    told = subprocess.check_output(["git", "-C", repository, "log", "-1", "--format=%ct"])
    assert last_commit(repository) == int(told)


def test_what_the_user_ignores_everywhere_is_not_uncommitted(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = repository.parent / "home"
    home.mkdir()
    (home / "ignored").write_text("*.local\n")
    (home / ".gitconfig").write_text(f"[core]\nexcludesFile = {home}/ignored\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (repository / "my.local").write_text("")
    assert uncommitted(repository) == ()


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / ".git/index").write_text("damaged"),
        lambda root: (root / ".git/config").write_text("[core"),
        lambda root: (root / ".git/HEAD").unlink(),
    ],
    ids=["index", "config", "head"],
)
def test_a_repository_that_git_cannot_read_is_not_written_to(
    repository: Path, damage: Callable[[Path], object]
) -> None:
    damage(repository)
    assert isinstance(uncommitted(repository), Unknown)
    with pytest.raises(WriteError, match="not known whether") as caught:
        write_in_place(repository, ())
    assert caught.value.why
    write_in_place(repository, (), force=True)


def test_a_repository_of_another_folder_lists_none_of_its_files(repository: Path) -> None:
    other = repository.parent / "other"
    other.mkdir()
    (other / "private").write_text("")
    git(repository, "config", "core.worktree", str(other))
    (repository / "kept").write_text("changed\n")
    found = uncommitted(repository)
    assert isinstance(found, Unknown)
    assert "core.worktree" in found.why
    with pytest.raises(WriteError, match="not known whether") as caught:
        write_in_place(repository, ())
    assert "private" not in f"{caught.value} {caught.value.why}"
    git(repository, "config", "core.worktree", str(repository))
    assert uncommitted(repository) == (" M kept",)


def test_without_git_a_repository_is_not_written_to(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert uncommitted(repository) == Unknown(why="git is not installed")
    assert uncommitted(repository.parent) == ()
    assert last_commit(repository) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="processes are listed by /proc")
def test_the_password_of_a_repository_is_in_no_list_of_processes_and_no_message(
    tmp_path: Path,
) -> None:
    right = f"Basic {b64encode(b'me:hid@den').decode()}"
    given, listed = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given.append(self.headers.get("Authorization", ""))
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    listed.append(line.read_bytes())
                except OSError:
                    continue
            self.send_response(404 if given[-1] == right else 401)
            self.send_header("WWW-Authenticate", "Basic realm=x")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://me:hid%40den@127.0.0.1:{server.server_port}/x.git"
        with pytest.raises(NetworkError) as caught:
            checked_out(address, "", tmp_path, 60)
        server.shutdown()
    assert right in given
    assert any(b"git-remote-http" in line for line in listed)
    assert not any(b"hid%40den" in line or b"hid@den" in line for line in listed)
    assert "hid" not in f"{caught.value} {caught.value.why}"
