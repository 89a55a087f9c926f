from __future__ import annotations

from pathlib import Path

import pytest
from image_oracle import validate
from images import AMD64, packed_layer, small_image

from jettison.errors import ImageError
from jettison.images import locate
from jettison.images.digest import Compression
from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory, SegmentCache
from jettison.images.stores.daemon import DaemonStore, packed
from jettison.images.stores.layout import LayoutStore
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("oci:some/where", LayoutStore, None),
        ("oci:some/where:localhost/app:1", LayoutStore, "localhost/app:1"),
        ("archive:app.tar", ArchiveStore, None),
        ("docker:app:1", DaemonStore, "docker.io/library/app:1"),
        ("podman:localhost/app", DaemonStore, "localhost/app:latest"),
        ("debian:13", RegistryStore, "docker.io/library/debian:13"),
        ("localhost:5000/app", RegistryStore, "localhost:5000/app:latest"),
    ],
)
def test_a_text_says_which_store(
    cache: BlobDirectory, text: str, kind: type[object], name: str | None
) -> None:
    location = locate(text, cache)
    assert type(location.store) is kind
    assert location.reference == (Reference.parse(name) if name else None)


@pytest.mark.parametrize("text", ["oci:", "archive:", "docker:", "Not An Image"])
def test_a_text_that_names_nothing_is_told(cache: BlobDirectory, text: str) -> None:
    with pytest.raises(ImageError):
        locate(text, cache)


def test_unpacked_layers_are_packed_once(tmp_path: Path) -> None:
    cache = SegmentCache.under(tmp_path, Compressor.default())
    plain = packed_layer(Member.file("a", b"a" * 9000), compression=Compression.NONE)
    image = Image.empty(AMD64).append(plain).append(small_image().layers[0])
    for _ in range(2):
        made = packed(image, cache)
        assert validate(made) == ()
        assert made.config == image.config
        assert [layer.compression for layer in made.layers] == [Compression.GZIP] * 2
    assert len(list((tmp_path / "blobs").rglob("*/*"))) == 1


def test_an_image_that_is_packed_stays_as_it_is(tmp_path: Path) -> None:
    cache = SegmentCache.under(tmp_path, Compressor.default())
    assert packed(small_image(), cache) == small_image()
