"""The cache: whole blobs or none, for any number of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jettison.errors import ImageError, IntegrityError, WriteError
from jettison.images.descriptor import Descriptor
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.cache import blob_cache, cache_directory

CONTENT = b"content" * 1000
BLOB = Descriptor.of(CONTENT, "a/b")

WRITER = """
import sys, time
from pathlib import Path
from jettison.images.descriptor import Descriptor
from jettison.images.stores.blobs import BlobDirectory
content = b"content" * 1000
def chunks():
    yield content[:10]
    print("begun", flush=True)
    sys.stdin.readline()
    yield content[10:]
BlobDirectory(Path(sys.argv[1])).add(Descriptor.of(content, "a/b"), chunks())
"""


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def read(cache: BlobDirectory) -> bytes:
    with cache.open(BLOB) as stream:
        return stream.read()


def started(cache: BlobDirectory) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(cache.root)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.parametrize("kind", ["loop", "link", "pipe", "folder"])
def test_what_takes_the_place_of_a_blob_is_replaced(tmp_path: Path, kind: str) -> None:
    cache = BlobDirectory(tmp_path / "blobs", cache=True)
    place = cache.path(BLOB.digest)
    place.parent.mkdir(parents=True)
    if kind in ("loop", "link"):
        (tmp_path / "other").write_bytes(CONTENT)
        place.symlink_to(place if kind == "loop" else tmp_path / "other")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    assert not cache.has(BLOB)
    cache.add(BLOB, (CONTENT,))
    assert read(cache) == CONTENT
    assert not place.is_symlink()


def test_a_blob_is_kept(cache: BlobDirectory) -> None:
    cache.add(BLOB, (CONTENT,))
    assert cache.has(BLOB)
    assert read(cache) == CONTENT


def test_a_blob_whose_digest_comes_last_is_kept(cache: BlobDirectory) -> None:
    assert cache.keep((CONTENT[:5], CONTENT[5:]), "a/b") == BLOB
    assert read(cache) == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"C" + CONTENT[1:]])
def test_other_bytes_are_refused_and_nothing_stays(cache: BlobDirectory, content: bytes) -> None:
    with pytest.raises(IntegrityError, match="the layer of app"):
        cache.add(BLOB, (content,), "the layer of app")
    assert files(cache.root) == []


def test_a_blob_damaged_on_disk_is_found_when_read(cache: BlobDirectory) -> None:
    cache.add(BLOB, (CONTENT,))
    path = cache.path(BLOB.digest)
    path.write_bytes(b"C" + CONTENT[1:])
    with pytest.raises(IntegrityError, match=str(path)):
        read(cache)


def test_a_blob_that_grew_to_holes_is_damaged_and_not_read(tmp_path: Path) -> None:
    cache = BlobDirectory(tmp_path, cache=True)
    cache.add(BLOB, (CONTENT,))
    os.truncate(cache.path(BLOB.digest), 1 << 42)
    assert not cache.sound(BLOB.digest)
    assert not cache.path(BLOB.digest).exists()


def test_a_blob_cut_short_on_disk_counts_as_missing(cache: BlobDirectory) -> None:
    cache.add(BLOB, (CONTENT,))
    cache.path(BLOB.digest).write_bytes(CONTENT[:100])
    assert not cache.has(BLOB)
    cache.add(BLOB, (CONTENT,))
    assert read(cache) == CONTENT


def test_a_missing_blob_is_named(cache: BlobDirectory) -> None:
    with pytest.raises(ImageError, match=str(BLOB.digest)):
        cache.open(BLOB)


def test_a_writer_killed_in_the_middle_leaves_nothing_wrong(cache: BlobDirectory) -> None:
    with started(cache) as process:
        process.send_signal(signal.SIGKILL)
    assert not cache.has(BLOB)
    cache.add(BLOB, (CONTENT,))
    assert read(cache) == CONTENT


def test_two_writers_at_once_both_succeed(cache: BlobDirectory) -> None:
    with started(cache) as one, started(cache) as other:
        for process in (one, other):
            process.communicate("go on\n")
    assert (one.returncode, other.returncode) == (0, 0)
    assert read(cache) == CONTENT
    assert len(files(cache.root)) == 1


def test_what_killed_writers_left_is_removed_a_day_later(cache: BlobDirectory) -> None:
    with started(cache) as process:
        process.send_signal(signal.SIGKILL)
    (left,) = files(cache.root)
    tree = left.with_name(".environment.partial")
    (tree / "bin").mkdir(parents=True)
    cache.remove_abandoned()
    assert left.exists()
    assert tree.exists()
    long_ago = time.time() - 2 * 24 * 60 * 60
    for each in (left, tree):
        os.utime(each, (long_ago, long_ago))
    cache.remove_abandoned()
    assert not left.exists()
    assert not tree.exists()


def test_a_full_disk_is_told_with_the_path(cache: BlobDirectory) -> None:
    with pytest.raises(WriteError) as caught:
        cache.add(BLOB, full_disk())
    assert str(cache.path(BLOB.digest)) in str(caught.value)
    assert "Free some space" in caught.value.hint
    assert files(cache.root) == []


def full_disk() -> Iterator[bytes]:
    """Give some bytes, then what a write to a full disk raises."""
    yield CONTENT[:10]
    with Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteError, match="file"):
        BlobDirectory(tmp_path / "file" / "blobs").add(BLOB, (CONTENT,))


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "jettison"
    assert blob_cache().root == tmp_path / "jettison" / "blobs"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_directory() == tmp_path / "home" / ".cache" / "jettison"
