"""Files are written whole, and what is no file is not replaced by one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jettison.errors import WriteError
from jettison.images.stores import output_file, whole_file


def test_a_device_is_written_to_and_stays(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/dev/null")
    with output_file(tmp_path / "out") as file:
        file.write(b"content")
    assert (tmp_path / "out").is_char_device()


def test_a_full_device_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/dev/full")
    with (
        pytest.raises(WriteError, match="out cannot be written"),
        output_file(tmp_path / "out") as f,
    ):
        f.write(b"content")
    assert (tmp_path / "out").is_char_device()


def test_a_pipe_that_the_system_names_gets_the_content() -> None:
    read, write = os.pipe()
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(os.read(read, 100)))
    reader.start()
    with output_file(Path(f"/dev/fd/{write}")) as file:
        file.write(b"content")
    reader.join(10)
    os.close(read)
    os.close(write)
    assert found == [b"content"]


def test_a_pipe_elsewhere_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out")
    with whole_file(tmp_path / "out") as file:
        file.write(b"content")
    assert (tmp_path / "out").read_bytes() == b"content"


def test_what_is_in_the_place_of_a_folder_is_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(WriteError) as caught, output_file(tmp_path / "folder" / "file"):
        pass
    assert "Remove what is in the place of a folder" in caught.value.hint
