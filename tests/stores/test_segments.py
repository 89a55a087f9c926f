"""Layers joined from cached segments."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from image_oracle import validate
from images import AMD64

from jettison.errors import DamagedCacheError
from jettison.images.digest import Compression, DiffID
from jettison.images.image import Image
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member, layer_tar

ONE = [Member.directory("one"), Member.file("one/a", b"a" * 5000)]
TWO = [Member.directory("two"), Member.file("two/b", b"b" * 3000)]


@pytest.fixture(params=list(Compression))
def segments(request: pytest.FixtureRequest, tmp_path: Path) -> SegmentCache:
    return SegmentCache.under(tmp_path / "cache", Compressor.default(request.param))


def test_a_layer_is_its_segments_and_the_end_of_the_tar(segments: SegmentCache) -> None:
    layer = segments.layer([segments.put("one", ONE), segments.put("two", TWO)])
    assert validate(Image.empty(AMD64).append(layer)) == ()
    assert layer.diff_id == DiffID.of(b"".join(layer_tar([*ONE, *TWO])))


def test_the_sizes_of_segments_are_those_before_packing(segments: SegmentCache) -> None:
    one = segments.put("one", ONE)
    assert one.size == len(b"".join(layer_tar(ONE))) - 1024


def test_what_was_put_is_got_again(segments: SegmentCache) -> None:
    put = segments.put("one", ONE)
    assert segments.get("one") == put
    assert segments.get("two") is None


def test_a_segment_whose_blob_is_gone_is_forgotten(segments: SegmentCache) -> None:
    put = segments.put("one", ONE)
    segments.blobs.path(put.descriptor.digest).unlink()
    assert segments.get("one") is None


def test_all_damaged_segments_of_a_layer_are_found_at_once(segments: SegmentCache) -> None:
    parts = [segments.put(str(number), [Member.file(f"{number}", b"a")]) for number in range(30)]
    layer = segments.layer(parts)
    for part in parts:
        with segments.blobs.path(part.descriptor.digest).open("r+b") as file:
            file.write(b"x")
    with pytest.raises(DamagedCacheError), layer.open() as stream:
        stream.read()
    assert [segments.get(str(number)) for number in range(30)] == [None] * 30


def test_another_compressor_has_other_segments(tmp_path: Path) -> None:
    fast = Compressor(compression=Compression.GZIP, level=1)
    SegmentCache.under(tmp_path, fast).put("one", ONE)
    assert SegmentCache.under(tmp_path, Compressor.default()).get("one") is None


def test_a_cold_and_a_warm_cache_give_the_same_layer(tmp_path: Path) -> None:
    layers = []
    for directory in ("cold", "cold", "warm"):
        segments = SegmentCache.under(tmp_path / directory, Compressor.default())
        parts = [segments.get(key) or segments.put(key, m) for key, m in (("1", ONE), ("2", TWO))]
        layers.append(segments.layer(parts))
    assert len({layer.descriptor for layer in layers}) == 1


def test_python_reads_the_joined_members(tmp_path: Path) -> None:
    segments = SegmentCache.under(tmp_path, Compressor.default(Compression.GZIP))
    layer = segments.layer([segments.pack(ONE), segments.pack(TWO)])
    with layer.open() as stream:
        plain = gzip.decompress(stream.read())
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == ["one", "one/a", "two", "two/b"]


def test_a_layer_of_no_segments_is_an_empty_tar(segments: SegmentCache) -> None:
    assert validate(Image.empty(AMD64).append(segments.layer([]))) == ()
