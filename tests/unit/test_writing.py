"""What an interrupted command says of the files."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from base_needs import project_of
from msgspec.structs import replace

from jettison.errors import InterruptedByUserError, WriteError
from jettison.plan import FileChange, Plan
from jettison.plan.base import BaseChoice
from jettison.records import copy_tree
from jettison.tasks import writing
from jettison.tasks.staging import staged
from jettison.tasks.writing import told_if_written, write_copy, write_in_place

CHANGE = FileChange(path="Dockerfile", before="FROM a\n", after="FROM b\n")


def interrupted(folder: Path, *, written: bool) -> None:
    with told_if_written(folder, (CHANGE,)):
        if written:
            write_in_place(folder, (CHANGE,), force=True)
        raise KeyboardInterrupt


def test_an_interrupt_after_the_last_file_says_that_all_are_written(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    with pytest.raises(InterruptedByUserError) as told:
        interrupted(tmp_path, written=True)
    assert told.value.hint == "All 1 files were written before."


def test_a_file_that_cannot_be_moved_leaves_all_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    (tmp_path / "link").symlink_to("Dockerfile")
    changes = (
        replace(CHANGE, path="new", before=None),
        replace(CHANGE, path="link"),
        CHANGE,
        replace(CHANGE, path="last", before=None),
    )
    move = writing._move

    def refused(one: str, other: str, place: writing._Place) -> None:
        if other == "last":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        move(one, other, place)

    monkeypatch.setattr(writing, "_move", refused)
    with pytest.raises(WriteError):
        write_in_place(tmp_path, changes, force=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["Dockerfile", "link"]
    assert (tmp_path / "Dockerfile").read_text("utf-8") == "FROM a\n"
    assert (tmp_path / "link").is_symlink()


def test_no_folder_is_left_of_files_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fchmod", full)
    changes = [FileChange(path=f"deploy/inner/{name}", before=None, after="x") for name in "ab"]
    with pytest.raises(WriteError):
        write_in_place(tmp_path, changes, force=True)
    assert not list(tmp_path.iterdir())


def test_an_interrupt_before_says_nothing_of_files(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path, written=False)


def dead_process() -> int:
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def test_what_a_killed_process_left_is_removed_and_refuses_nothing(tmp_path: Path) -> None:
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *command], check=True)
    stray = tmp_path / f".Dockerfile.{dead_process()}.0123abcd.jettison-new"
    own = tmp_path / f".Dockerfile.{os.getpid()}.0123abcd.jettison-new"
    stray.write_text("FROM")
    write_in_place(tmp_path, (CHANGE,))
    assert (tmp_path / "Dockerfile").read_text(encoding="utf-8") == "FROM b\n"
    assert not stray.exists()
    own.write_text("of a process that runs")
    write_in_place(tmp_path, (FileChange(path="b", before=None, after="x"),), force=True)
    assert own.exists()


def test_a_link_in_place_of_a_folder_is_not_written_through(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    other.mkdir()
    project.mkdir()
    (other / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    (project / "deploy").symlink_to(other)
    change = FileChange(path="deploy/Dockerfile", before="FROM a\n", after="FROM b\n")
    with pytest.raises(WriteError, match="deploy/Dockerfile lies outside the project"):
        write_in_place(project, (change,), force=True)
    assert (other / "Dockerfile").read_text(encoding="utf-8") == "FROM a\n"
    assert [path.name for path in other.iterdir()] == ["Dockerfile"]


def test_a_folder_that_is_swapped_in_between_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    for folder in (project / "deploy", other):
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    move = writing._move

    def swapping(*words: object) -> None:
        (project / "deploy").rename(project / "moved")
        (project / "deploy").symlink_to(other)
        move(*words)

    monkeypatch.setattr(writing, "_move", swapping)
    change = FileChange(path="deploy/Dockerfile", before="FROM a\n", after="FROM b\n")
    write_in_place(project, (change,), force=True)
    assert (other / "Dockerfile").read_text(encoding="utf-8") == "FROM a\n"
    assert (project / "moved" / "Dockerfile").read_text(encoding="utf-8") == "FROM b\n"


def test_no_link_in_a_copy_of_a_project_is_written_through(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    for folder in (project, other):
        folder.mkdir()
    (other / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    (project / "Dockerfile").symlink_to(other / "Dockerfile")
    original = project_of("FROM a\n")
    changed = replace(original, texts={"Dockerfile": "FROM b\n"})
    base = BaseChoice(current="a", chosen="a", candidates=())
    with staged(project, Plan(original=original, project=changed, level=2, base=base)) as copy:
        assert (copy / "Dockerfile").read_text(encoding="utf-8") == "FROM b\n"
    assert (other / "Dockerfile").read_text(encoding="utf-8") == "FROM a\n"


def test_nothing_that_is_swapped_for_a_link_is_copied_through_it(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    for folder in (project / "inner", other):
        folder.mkdir(parents=True)
        (folder / "file").write_text("own", encoding="utf-8")
    (other / "file").write_text("secret", encoding="utf-8")
    (project / "file").write_text("own", encoding="utf-8")

    def swapping(folder: str, names: list[str]) -> set[str]:
        if folder == str(project):
            shutil.rmtree(project / "inner")
            (project / "inner").symlink_to(other)
            (project / "file").unlink()
            (project / "file").symlink_to(other / "file")
        return set()

    copy_tree(project, tmp_path / "copy", swapping)
    assert (tmp_path / "copy/inner").is_symlink()
    assert (tmp_path / "copy/file").is_symlink()


def test_a_copy_has_links_modes_and_times(tmp_path: Path) -> None:
    (tmp_path / "a/inner").mkdir(parents=True)
    (tmp_path / "a/inner/run").write_text("x", encoding="utf-8")
    (tmp_path / "a/inner/run").chmod(0o750)
    (tmp_path / "a/inner").chmod(0o555)
    (tmp_path / "a/link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "a/pipe")
    os.utime(tmp_path / "a/inner/run", (1000, 2000))
    os.utime(tmp_path / "a/inner", (3000, 4000))
    copy_tree(tmp_path / "a", tmp_path / "b")
    run, inner = (tmp_path / "b/inner/run").stat(), (tmp_path / "b/inner").stat()
    assert (run.st_mode & 0o777, run.st_mtime) == (0o750, 2000)
    assert (inner.st_mode & 0o777, inner.st_mtime) == (0o555, 4000)
    assert (tmp_path / "b/link").readlink() == Path("nowhere")
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["inner", "link"]


def test_a_copy_keeps_holes_and_takes_no_more_than_its_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with (tmp_path / "a/disk").open("wb") as file:
        file.write(b"begin")
        file.seek(1 << 40)
        file.write(b"middle")
        file.truncate(1 << 41)
    copy_tree(tmp_path / "a", tmp_path / "b")
    copied = tmp_path / "b/disk"
    assert copied.stat().st_size == 1 << 41
    assert copied.stat().st_blocks * 512 < 1 << 20
    with copied.open("rb") as file:
        assert file.read(6) == b"begin\0"
        file.seek(1 << 40)
        assert file.read(7) == b"middle\0"


def test_a_file_that_became_a_device_is_not_read_without_end(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").symlink_to("/dev/zero")
    with pytest.raises(WriteError, match="Dockerfile cannot be written"):
        write_in_place(tmp_path, (CHANGE,), force=True)


def test_a_stray_of_a_process_that_cannot_be_stays(tmp_path: Path) -> None:
    stray = tmp_path / f".Dockerfile.{'9' * 20}.0123abcd.jettison-new"
    stray.write_text("FROM")
    write_in_place(tmp_path, (FileChange(path="b", before=None, after="x"),), force=True)
    assert stray.exists()


@pytest.mark.parametrize("name", [".", "", "../empty", "link/."])
def test_no_copy_takes_the_place_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for folder in ("project", "empty"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    if name.startswith("link"):
        (tmp_path / "link").symlink_to("empty")
        name = f"../{name}"
    with pytest.raises(WriteError, match="current folder"):
        write_copy(tmp_path / "project", Path(name), (CHANGE,))
