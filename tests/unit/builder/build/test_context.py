"""What is read of a build context is what was listed of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jettison.builder.context import LOCK_FILE, content_of, read_context
from jettison.builder.foundation import BuildOptions
from jettison.errors import ProjectError
from jettison.formats.dockerignore import parse
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.stream import Compressor
from jettison.tasks.building import ProjectChoice, lock_of


def _linked(folder: Path, private: Path) -> None:
    (folder / "data/text").unlink()
    (folder / "data/text").symlink_to(private / "text")


def _folder_linked(folder: Path, private: Path) -> None:
    (folder / "data").rename(folder.parent / "moved")
    (folder / "data").symlink_to(private)


def _piped(folder: Path, _private: Path) -> None:
    (folder / "data/text").unlink()
    os.mkfifo(folder / "data/text")


@pytest.mark.parametrize("swap", [_linked, _folder_linked, _piped])
def test_nothing_that_took_the_place_of_a_file_is_read(
    tmp_path: Path, swap: Callable[[Path, Path], None]
) -> None:
    for name in ("project/data", "private"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "text").write_text(name)
    folder = tmp_path / "project"
    found = read_context(folder, None, {})["data/text"]
    assert content_of(found) == b"project/data"
    swap(folder, tmp_path / "private")
    with pytest.raises(ProjectError, match="text cannot be read any more"):
        content_of(found)


@pytest.mark.parametrize("files", [1, 40])
def test_files_of_holes_enter_no_image_unless_they_are_ignored(tmp_path: Path, files: int) -> None:
    for number in range(files):
        (tmp_path / f"disk{number}").touch()
        os.truncate(tmp_path / f"disk{number}", (8 << 30) // files)
    with pytest.raises(ProjectError, match="disk0 has more holes than content"):
        read_context(tmp_path, None, {})
    assert read_context(tmp_path, parse("disk*\n", file=".dockerignore"), {}) == {}


def test_a_lock_that_leads_out_of_the_project_or_has_no_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    lock = tmp_path / "project" / LOCK_FILE
    choice = ProjectChoice(directory=tmp_path / "project")
    options = BuildOptions(
        platform=Platform.parse("linux/amd64"), compressor=Compressor.default(Compression.GZIP)
    )
    assert lock_of(choice, options) is None
    lock.symlink_to("/proc/self/environ")
    with pytest.raises(ProjectError, match="cannot be read") as refused:
        lock_of(choice, options)
    assert refused.value.why == "it is a link out of the project"
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(ProjectError, match="cannot be read"):
        lock_of(choice, options)
    lock.unlink()
    lock.symlink_to(lock)
    with pytest.raises(ProjectError, match="cannot be read"):
        lock_of(choice, options)
