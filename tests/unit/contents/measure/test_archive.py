import gzip
import io
from pathlib import Path

import pytest
from archives import layer_tar, saved_image
from zlib_ng import zlib_ng

from jettison.contents.layer_reading import LEVEL
from jettison.contents.measurement import MeasuredLayer
from jettison.engines.measuring import read_archive
from jettison.errors import EngineError
from jettison.records import Records

LOW = layer_tar({"etc/": b"", "etc/passwd": bytes(range(256)) * 2_000})
HIGH = layer_tar({"app/main.py": b"print()"})


def unknown(digest: str) -> None:
    return None


def test_layers_come_in_the_manifests_order_whatever_the_streams() -> None:
    image = saved_image(
        {"blobs/sha256/bb": HIGH, "blobs/sha256/aa": LOW},
        ["blobs/sha256/aa", "blobs/sha256/bb"],
    )
    low, high = read_archive(io.BytesIO(image), unknown)
    assert [one.path for one in low.contents.entries] == ["etc", "etc/passwd"]
    assert [one.path for one in high.contents.entries] == ["app/main.py"]
    assert low.contents.size == 512_000


def test_the_compressed_size_is_that_of_one_pass() -> None:
    layer = layer_tar({"words": b" ".join(b"word%d" % (n * n % 9973) for n in range(400_000))})
    image = saved_image({"blobs/sha256/aa": layer}, ["blobs/sha256/aa"])
    (read,) = read_archive(io.BytesIO(image), unknown)
    packer = zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, 31)
    exact = len(packer.compress(layer)) + len(packer.flush())
    assert read.compressed_size == pytest.approx(exact, rel=0.002)


def test_a_layer_stored_as_gzip_has_the_size_that_it_is_stored_with() -> None:
    packed = gzip.compress(HIGH)
    image = saved_image({"blobs/sha256/aa": packed}, ["blobs/sha256/aa"])
    (layer,) = read_archive(io.BytesIO(image), unknown)
    assert layer.compressed_size == len(packed)
    assert [one.path for one in layer.contents.entries] == ["app/main.py"]


def test_a_known_layer_is_not_read_again(tmp_path: Path) -> None:
    image = saved_image({"blobs/sha256/aa": HIGH}, ["blobs/sha256/aa"])
    (read,) = read_archive(io.BytesIO(image), unknown)
    known = Records(tmp_path / "layers")
    known.put(read, "aa")
    damaged = saved_image({"blobs/sha256/aa": b"damaged" * 100}, ["blobs/sha256/aa"])
    (layer,) = read_archive(io.BytesIO(damaged), lambda digest: known.get(MeasuredLayer, digest))
    assert [one.path for one in layer.contents.entries] == ["app/main.py"]
    assert layer.compressed_size == read.compressed_size


def test_what_is_remembered_of_a_layer_is_all_that_is_measured(tmp_path: Path) -> None:
    text = {"a.dist-info/METADATA": b"Name: \xff\n", "b": b"x"}
    image = saved_image({"blobs/sha256/aa": layer_tar(text)}, ["blobs/sha256/aa"])
    (read,) = read_archive(io.BytesIO(image), unknown)
    known = Records(tmp_path)
    known.put(read, "aa")
    assert known.get(MeasuredLayer, "aa") == read
    assert known.get(MeasuredLayer, "bb") is None


@pytest.mark.parametrize("stream", [b"", b"no archive at all" * 100, layer_tar({"x": b"y"})])
def test_other_bytes_are_an_error_of_the_engine(stream: bytes) -> None:
    with pytest.raises(EngineError, match="not understood"):
        read_archive(io.BytesIO(stream), unknown)
