"""What every store promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from image_oracle import validate
from images import AMD64, ARM64, packed_layer, small_image
from msgspec.structs import replace
from places import Place
from tree_differences import compare_trees

from jettison.errors import ImageError, IntegrityError
from jettison.images.descriptor import Platform
from jettison.images.digest import DOCKER_MANIFEST, OCI_INDEX, Compression
from jettison.images.image import Image, ImageSet, Layer
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member


def same(place: Place, image: Image, read: Image) -> bool:
    """Tell whether what was read is the image, as far as its store keeps it."""
    if place.keeps_manifests and read.manifest != image.manifest:
        return False
    return read.config == image.config


def require_manifests(place: Place) -> None:
    if not place.keeps_manifests:
        pytest.skip("a daemon keeps no manifests, and saves no image without layers")


def test_what_was_written_is_read_back(place: Place) -> None:
    image = small_image()
    written = place.store.write(image, place.name)
    read = place.store.read(place.name, AMD64)
    assert same(place, image, read)
    found = place.store.find(place.name)
    assert found is not None
    assert found.digest == written.digest
    assert validate(read) == ()
    assert compare_trees(image.tree(digests=True), read.tree(digests=True)) == ()


def test_docker_media_types_are_kept(place: Place) -> None:
    source = small_image()
    image = Image.compose(source.config, source.layers, media_type=DOCKER_MANIFEST)
    place.store.write(image, place.name)
    assert same(place, image, place.store.read(place.name, AMD64))


def test_an_image_without_layers_is_an_image(place: Place) -> None:
    require_manifests(place)
    place.store.write(Image.empty(AMD64), place.name)
    assert place.store.read(place.name, AMD64).layers == ()


def test_a_layer_twice_is_stored_once_and_read_twice(place: Place) -> None:
    layer = packed_layer(Member.file("a", b"1"))
    image = Image.empty(AMD64).append(layer).append(layer)
    place.store.write(image, place.name)
    assert validate(place.store.read(place.name, AMD64)) == ()


def test_a_name_stands_for_what_was_written_last(place: Place) -> None:
    place.store.write(small_image(), place.name)
    newer = small_image(text=b"newer\n")
    place.store.write(newer, place.name)
    assert same(place, newer, place.store.read(place.name, AMD64))


def test_a_digest_pins_an_image(place: Place) -> None:
    require_manifests(place)
    written = place.store.write(small_image(), place.name)
    assert place.store.read(place.name.at(written.digest), AMD64).manifest.digest == written.digest


def test_each_platform_of_an_index_is_read(place: Place) -> None:
    require_manifests(place)
    images = (small_image(AMD64), small_image(ARM64))
    written = place.store.write(ImageSet(images=images), place.name)
    assert written.media_type == OCI_INDEX
    for image in images:
        assert place.store.read(place.name, image.platform).manifest == image.manifest


@pytest.mark.parametrize("several", [True, False])
def test_a_missing_platform_is_named_with_those_there_are(place: Place, *, several: bool) -> None:
    if several:
        require_manifests(place)
    content = ImageSet(images=(small_image(),)) if several else small_image()
    place.store.write(content, place.name)
    with pytest.raises(ImageError, match="no image for linux/s390x") as caught:
        place.store.read(place.name, Platform.parse("linux/s390x"))
    assert "linux/amd64" in caught.value.why


def test_a_missing_image_is_told_by_its_name(place: Place) -> None:
    place.store.write(small_image(), place.name)
    other = replace(place.name, repository="jettison-other", tag="7")
    assert place.store.find(other) is None
    with pytest.raises(ImageError, match="jettison-other:7"):
        place.store.read(other, AMD64)


def test_an_empty_store_has_nothing(place: Place) -> None:
    assert place.store.find(place.name) is None
    with pytest.raises(ImageError):
        place.store.read(place.name, AMD64)


def test_nothing_gets_a_name_when_a_layer_is_wrong(place: Place) -> None:
    image = small_image()
    first, second = image.layers
    wrong: Layer = replace(first, open=second.open)
    with pytest.raises(IntegrityError):
        place.store.write(replace(image, layers=(wrong, second)), place.name)
    assert place.store.find(place.name) is None


@pytest.mark.parametrize("compression", list(Compression))
def test_a_layer_joined_of_segments_is_one_layer(
    place: Place, tmp_path: Path, compression: Compression
) -> None:
    segments = SegmentCache.under(tmp_path / "segments", Compressor.default(compression))
    parts = [
        segments.pack([Member.file(f"file{number}", b"%d" % number * 20_000)])
        for number in range(3)
    ]
    image = Image.empty(AMD64).append(segments.layer(parts))
    place.store.write(image, place.name)
    read = place.store.read(place.name, AMD64)
    assert validate(read) == ()
    assert compare_trees(image.tree(digests=True), read.tree(digests=True)) == ()
