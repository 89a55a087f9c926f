from __future__ import annotations

from pathlib import Path

from jettison.distributions.cache import Cache


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    Cache(tmp_path).write({"a": [1]}, "folder", "../odd/name")
    cache = Cache(tmp_path)
    assert cache.read("folder", "../odd/name") == {"a": [1]}
    assert cache.hits == 1
    assert all(file.is_relative_to(tmp_path) for file in tmp_path.rglob("*.json"))


def test_a_damaged_document_counts_as_missing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.write([1], "one")
    next(tmp_path.rglob("*.json")).write_text("{", encoding="utf-8")
    assert cache.read("one") is None


def test_a_folder_that_cannot_be_written_costs_speed_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = Cache(tmp_path / "file")
    cache.write([1], "one")
    assert cache.read("one") is None


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    Cache(tmp_path).write([1], "one")
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] == [".json"]
