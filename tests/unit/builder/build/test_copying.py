"""COPY lays files where BuildKit does."""

from __future__ import annotations

import pytest

from jettison.builder import CopyStep, FolderStep, ModeStep, OwnerStep, RemoveStep, Step
from jettison.builder.context import ContextPath
from jettison.builder.files import Files
from jettison.builder.foundation import Accounts
from jettison.errors import ProjectError, UnsupportedError
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.values import Origin

HERE = Origin(file="Dockerfile", line=4)
CONTEXT = {
    "app": ContextPath(kind=Kind.DIRECTORY),
    "app/main.py": ContextPath(kind=Kind.FILE, size=1, content=b"1"),
    "app/run.sh": ContextPath(kind=Kind.FILE, size=2, content=b"22", executable=True),
    "app/static": ContextPath(kind=Kind.DIRECTORY),
    "app/static/a.css": ContextPath(kind=Kind.FILE, size=3, content=b"333"),
    "current": ContextPath(kind=Kind.SYMLINK, link="app/main.py"),
    "requirements.txt": ContextPath(kind=Kind.FILE, size=4, content=b"4444"),
}
BASE = frozenset({"etc", "usr", "srv", "tmp"})


def copy(*sources: str, to: str, **how: object) -> CopyStep:
    given = {
        "sources": sources, "documents": (), "destination": to, "owner": None, "mode": None,
        "exclude": (), "parents": False, "origin": HERE,
    }  # fmt: skip
    return CopyStep(**{**given, **how})  # type: ignore[arg-type]


def laid(*steps: Step, environment: str = "") -> dict[str, Member]:
    accounts = Accounts(passwd="app:x:7:8::/:/x\n", group="app:x:8:\n")
    files = Files(CONTEXT, BASE, accounts, environment)
    for step in steps:
        files.take(step)
    return {member.entry.path: member for member in files.members}


@pytest.mark.parametrize(
    ("step", "paths"),
    [
        (copy("requirements.txt", to="/srv/"), {"srv/requirements.txt"}),
        (copy("requirements.txt", to="/srv"), {"srv/requirements.txt"}),
        (copy("requirements.txt", to="/srv/r.txt"), {"srv/r.txt"}),
        (copy("requirements.txt", to="/new/r.txt"), {"new", "new/r.txt"}),
        (copy("app/static", to="/srv/s"), {"srv/s", "srv/s/a.css"}),
        (copy("app/*.py", to="/srv/x/"), {"srv/x", "srv/x/main.py"}),
        (copy("current", to="/srv/"), {"srv/main.py"}),
        (copy("app", to="/srv", exclude=("static",)), {"srv/main.py", "srv/run.sh"}),
        (copy("app", to="/srv", exclude=("**/*.css",)),
         {"srv/main.py", "srv/run.sh", "srv/static"}),
        (copy(to="/srv/", documents=(("hello", "text"),)), {"srv/hello"}),
    ],
)  # fmt: skip
def test_where_sources_go(step: CopyStep, paths: set[str]) -> None:
    assert set(laid(step)) == paths


def test_the_whole_context() -> None:
    assert {f"app/{path}" for path in CONTEXT} | {"app"} == set(laid(copy(".", to="/app")))


def test_modes_do_not_depend_on_the_disk() -> None:
    found = laid(copy("app", to="/srv/app"))
    modes = {path: member.entry.mode for path, member in found.items()}
    assert modes["srv/app/main.py"] == 0o644
    assert modes["srv/app/run.sh"] == modes["srv/app"] == 0o755


def test_owner_and_mode_of_a_copy() -> None:
    found = laid(copy("app", to="/new/app", owner="app", mode="750"))
    assert {(m.entry.uid, m.entry.gid) for m in found.values()} == {(7, 8)}
    assert found["new/app/main.py"].entry.mode == 0o750


def test_steps_change_what_earlier_ones_laid() -> None:
    found = laid(
        copy("app", to="/srv/app"),
        OwnerStep(owner="app:", paths=("/srv/app",), recursive=True, origin=HERE),
        ModeStep(mode="go-r", paths=("/srv/app/*.py",), recursive=False, origin=HERE),
        RemoveStep(paths=("/srv/app/static",)),
    )
    assert set(found) == {"srv/app", "srv/app/main.py", "srv/app/run.sh"}
    assert {(m.entry.uid, m.entry.gid) for m in found.values()} == {(7, 8)}
    assert found["srv/app/main.py"].entry.mode == 0o600


def test_folders_are_made_with_their_parents() -> None:
    found = laid(FolderStep(path="/data/a", mode="700", owner="7:8", origin=HERE))
    assert (found["data"].entry.mode, found["data"].entry.uid) == (0o755, 0)
    assert (found["data/a"].entry.mode, found["data/a"].entry.uid) == (0o700, 7)


def test_a_folder_of_the_base_is_left_as_it_is() -> None:
    assert laid(FolderStep(path="/tmp", mode=None, owner=None, origin=HERE)) == {}


def test_the_environment_changes_its_owner_with_the_folder_it_is_in() -> None:
    files = Files(CONTEXT, BASE, Accounts(passwd="", group=""), "/app/.venv")
    files.take(copy("app", to="/app"))
    files.take(OwnerStep(owner="7:8", paths=("/app",), recursive=True, origin=HERE))
    assert files.environment_owner == (7, 8)


@pytest.mark.parametrize("source", ["nothing", "../outside", "*.zip"])
def test_a_source_that_is_not_there_is_named(source: str) -> None:
    with pytest.raises(ProjectError, match=r"Dockerfile:4: COPY finds no"):
        laid(copy(source, to="/srv/"))


def test_files_of_the_base_are_not_changed_blindly() -> None:
    with pytest.raises(UnsupportedError, match=r"Dockerfile:4: "):
        laid(OwnerStep(owner="7", paths=("/etc/hosts",), recursive=False, origin=HERE))
