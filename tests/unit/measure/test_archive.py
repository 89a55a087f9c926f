import gzip
import io
import zlib
from pathlib import Path

import pytest
from archives import layer_tar, saved_image

from jettison.errors import EngineError, UnsupportedError
from jettison.measure.archive import read_archive
from jettison.measure.known import KnownSizes

LOW = layer_tar({"etc/": b"", "etc/passwd": b"root" * 100_000})
HIGH = layer_tar({"app/main.py": b"print()"})


def unknown(digest: str) -> bool:
    return False


def test_layers_come_in_the_manifests_order_whatever_the_streams() -> None:
    image = saved_image(
        {"blobs/sha256/bb": HIGH, "blobs/sha256/aa": LOW},
        ["blobs/sha256/aa", "blobs/sha256/bb"],
    )
    low, high = read_archive(io.BytesIO(image), unknown)
    assert list(low.listing.entries) == ["etc", "etc/passwd"]
    assert list(high.listing.entries) == ["app/main.py"]
    assert low.listing.size == 400_000


def test_the_compressed_size_is_that_of_gzip() -> None:
    image = saved_image({"blobs/sha256/aa": LOW}, ["blobs/sha256/aa"])
    (layer,) = read_archive(io.BytesIO(image), unknown)
    exact = len(zlib.compress(LOW, 6, wbits=31))
    assert layer.compressed_size == pytest.approx(exact, abs=64)


def test_a_layer_stored_as_gzip_has_the_size_that_it_is_stored_with() -> None:
    packed = gzip.compress(HIGH)
    image = saved_image({"blobs/sha256/aa": packed}, ["blobs/sha256/aa"])
    (layer,) = read_archive(io.BytesIO(image), unknown)
    assert layer.compressed_size == len(packed)
    assert list(layer.listing.entries) == ["app/main.py"]


def test_a_known_layer_is_not_compressed_again(tmp_path: Path) -> None:
    known = KnownSizes(tmp_path / "sizes")
    known.put("aa", 1234)
    image = saved_image({"blobs/sha256/aa": HIGH}, ["blobs/sha256/aa"])
    (layer,) = read_archive(io.BytesIO(image), lambda digest: known.get(digest) is not None)
    assert layer.compressed_size is None
    assert known.get("aa") == 1234
    assert known.get("bb") is None


def test_zstd_layers_are_refused_clearly() -> None:
    image = saved_image({"blobs/sha256/aa": b"\x28\xb5\x2f\xfd...."}, ["blobs/sha256/aa"])
    with pytest.raises(UnsupportedError, match="zstd"):
        read_archive(io.BytesIO(image), unknown)


@pytest.mark.parametrize("stream", [b"", b"no archive at all" * 100, layer_tar({"x": b"y"})])
def test_other_bytes_are_an_error_of_the_engine(stream: bytes) -> None:
    with pytest.raises(EngineError, match="not understood"):
        read_archive(io.BytesIO(stream), unknown)
