"""What a cache holds, and what leaves when it was not used for some time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from jettison.images.stores.cache import DAY, cache_entries, remove_entries, unused_since

NOW = time.time()


def written(cache: Path, name: str, *, days_ago: int) -> Path:
    path = cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"four")
    used = NOW - days_ago * DAY
    os.utime(path, (used, used))
    for parent in path.parents:
        if parent.is_relative_to(cache):
            os.utime(parent, (0, 0))
    return path


def test_files_leave_after_days_without_use(tmp_path: Path) -> None:
    old = written(tmp_path, "blobs/sha256/aa", days_ago=31)
    read = written(tmp_path, "blobs/sha256/bb", days_ago=31)
    os.utime(read, (NOW, NOW - 31 * DAY))
    entries = list(cache_entries(tmp_path))
    assert [(entry.kind, entry.bytes) for entry in entries] == [("blobs", 4), ("blobs", 4)]
    remove_entries(unused_since(entries, 30))
    assert not old.exists()
    assert read.exists()


def test_a_tree_leaves_whole_or_not_at_all(tmp_path: Path) -> None:
    written(tmp_path, "interpreters/one/bin/python", days_ago=0)
    rarely = written(tmp_path, "interpreters/one/lib/csv.py", days_ago=90)
    written(tmp_path, "interpreters/two/bin/python", days_ago=90)
    remove_entries(unused_since(cache_entries(tmp_path), 30))
    assert rarely.exists()
    assert [tree.name for tree in (tmp_path / "interpreters").iterdir()] == ["one"]


def test_nothing_outside_the_cache_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    cache = tmp_path / "cache"
    (cache / "environments").mkdir(parents=True)
    (cache / "environments" / "link").symlink_to(tmp_path)
    remove_entries(unused_since(cache_entries(cache), 0))
    assert outside.read_text() == "mine"
    assert not list((cache / "environments").iterdir())


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(cache_entries(tmp_path / "none")) == []


def test_a_link_in_the_cache_is_removed_and_what_it_leads_to_is_not(tmp_path: Path) -> None:
    cache, own = tmp_path / "cache", tmp_path / "own"
    own.mkdir()
    (own / "letter").write_text("mine")
    cache.mkdir()
    for kind in ("blobs", "environments"):
        (cache / kind).symlink_to(own)
    remove_entries(unused_since(cache_entries(cache), 0))
    assert not list(cache.iterdir())
    assert (own / "letter").read_text() == "mine"
