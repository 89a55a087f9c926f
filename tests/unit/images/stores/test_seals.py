"""Entries of the cache carry their digest: what is damaged, or another's, counts as missing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from jettison.errors import DamagedCacheError, WriteError
from jettison.images.stores import (
    damaged_cache,
    is_sound,
    sealed_bytes,
    sealed_file,
    sealed_size,
)
from jettison.images.stores.cache import seal_tree, sealed_tree
from jettison.records import damaged


def write(path: Path, content: bytes) -> Path:
    with sealed_file(path) as file:
        file.write(content[:3])
        file.write(content[3:])
    damaged()
    return path


def test_what_was_sealed_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "entry", b"content")
    assert sealed_bytes(path) == b"content"
    assert sealed_size(path) == 7
    assert sealed_bytes(tmp_path / "none") is None
    assert damaged() == ()


@pytest.mark.parametrize("position", [0, 6, 7, -1])
def test_any_flipped_byte_makes_it_missing(tmp_path: Path, position: int) -> None:
    for read in (sealed_bytes, sealed_size):
        path = write(tmp_path / "entry", b"content")
        content = bytearray(path.read_bytes())
        content[position] ^= 1
        path.write_bytes(content)
        os.utime(path, ns=(1, 1))
        assert read(path) is None
        assert not path.exists()
        assert damaged() == (path,)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 32, b"planted" * 20])
def test_a_file_without_a_seal_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "entry"
    path.write_bytes(content)
    assert sealed_bytes(path) is None
    path.write_bytes(content)
    assert sealed_size(path) is None
    assert damaged() == (path,)


def test_the_content_of_another_entry_is_not_taken(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", b"1"), write(tmp_path / "other", b"2")
    other.write_bytes(one.read_bytes())
    assert sealed_bytes(other) is None


def test_a_pipe_or_a_folder_is_damage_and_does_not_hang(tmp_path: Path) -> None:
    damaged()
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(pipe)
    assert sealed_bytes(pipe) is None
    os.mkfifo(pipe)
    assert sealed_size(pipe) is None
    assert not is_sound(folder, "sha256", "")
    assert damaged() == (pipe, folder)
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_removes_meanwhile_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jettison.images.stores.regular_size", lambda _: 40)
    path = tmp_path / "gone"
    assert sealed_bytes(path) is None
    assert sealed_size(path) is None
    assert not is_sound(path, "sha256", "0" * 64)


def test_a_file_that_may_not_be_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> BinaryIO:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("jettison.images.stores.open_regular", refused)
    path = tmp_path / "entry"
    for read in (sealed_bytes, sealed_size, lambda path: is_sound(path, "sha256", "") or None):
        write(path, b"content")
        assert read(path) is None
        assert not path.exists()
        assert damaged() == (path,)


def test_a_damaged_entry_that_cannot_be_removed_is_an_error_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "entry", b"content")
    assert isinstance(damaged_cache(path, "it is wrong"), DamagedCacheError)
    write(path, b"content")
    monkeypatch.setattr("jettison.images.stores.discard", lambda _: None)
    error = damaged_cache(path, "it is wrong")
    assert isinstance(error, WriteError)
    assert f"{path} in the cache is damaged and cannot be removed" in str(error)


def swap_for_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        lambda tree: (tree / "lib" / "module.py").write_bytes(b"b = 2"),
        lambda tree: (tree / "lib" / "module.py").unlink(),
        lambda tree: (tree / "lib" / "another.py").write_bytes(b""),
        lambda tree: (tree / "lib" / "link").symlink_to("module.py"),
        lambda tree: swap_for_a_folder(tree / "lib" / "module.py"),
        lambda tree: (tree / "seal").write_bytes(b"\xff"),
        lambda tree: swap_for_a_folder(tree / "seal"),
    ],
)
def test_a_tree_is_what_was_sealed_or_none(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "lib" / "module.py").write_bytes(b"a = 1")
    seal_tree(tree, "seal", "text\n")
    (tree / "lib" / "__pycache__").mkdir()
    (tree / "lib" / "__pycache__" / "module.pyc").write_bytes(b"of Python")
    assert sealed_tree(tree, "seal") == "text\n"
    damage(tree)
    assert sealed_tree(tree, "seal") is None
    assert sealed_tree(tree, "seal") is None
