"""What every store promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from images import AMD64, ARM64, packed_layer, small_image

from jettison.errors import ImageError, IntegrityError
from jettison.oci import media
from jettison.oci.compare import compare_trees
from jettison.oci.image import Image, ImageSet
from jettison.oci.layer import Layer
from jettison.oci.platform import Platform
from jettison.oci.reference import Reference
from jettison.oci.tar_writer import Member
from jettison.oci.validate import validate
from jettison.stores.store import Store

NAME = Reference.parse("localhost/app:1")


def test_what_was_written_is_read_back(store: Store) -> None:
    image = small_image()
    written = store.write(image, NAME)
    read = store.read(NAME, AMD64)
    assert read.manifest == image.manifest
    assert read.manifest.digest == written.digest
    assert validate(read) == ()
    assert compare_trees(image.tree(digests=True), read.tree(digests=True)) == ()


def test_docker_media_types_are_kept(store: Store) -> None:
    source = small_image()
    image = Image.compose(source.config, source.layers, media_type=media.DOCKER_MANIFEST)
    store.write(image, NAME)
    assert store.read(NAME, AMD64).manifest == image.manifest


def test_an_image_without_layers_is_an_image(store: Store) -> None:
    store.write(Image.empty(AMD64), NAME)
    assert store.read(NAME, AMD64).layers == ()


def test_a_layer_twice_is_stored_once_and_read_twice(store: Store) -> None:
    layer = packed_layer(Member.file("a", b"1"))
    image = Image.empty(AMD64).append(layer).append(layer)
    store.write(image, NAME)
    assert validate(store.read(NAME, AMD64)) == ()


def test_a_name_stands_for_what_was_written_last(store: Store) -> None:
    store.write(small_image(), NAME)
    written = store.write(small_image(text=b"newer\n"), NAME)
    found = store.find(NAME)
    assert found is not None
    assert found.digest == written.digest
    assert store.read(NAME, AMD64).manifest.digest == written.digest


def test_a_digest_pins_an_image(store: Store) -> None:
    written = store.write(small_image(), NAME)
    assert store.read(NAME.at(written.digest), AMD64).manifest.digest == written.digest


def test_each_platform_of_an_index_is_read(store: Store) -> None:
    images = (small_image(AMD64), small_image(ARM64))
    written = store.write(ImageSet(images=images), NAME)
    assert written.media_type == media.OCI_INDEX
    for image in images:
        assert store.read(NAME, image.platform).manifest == image.manifest


@pytest.mark.parametrize("several", [True, False])
def test_a_missing_platform_is_named_with_those_there_are(store: Store, *, several: bool) -> None:
    content = ImageSet(images=(small_image(),)) if several else small_image()
    store.write(content, NAME)
    with pytest.raises(ImageError, match="no image for linux/s390x") as caught:
        store.read(NAME, Platform.parse("linux/s390x"))
    assert "linux/amd64" in caught.value.why


def test_a_missing_image_is_told_by_its_name(store: Store) -> None:
    store.write(small_image(), NAME)
    other = Reference.parse("localhost/other:7")
    assert store.find(other) is None
    with pytest.raises(ImageError, match="localhost/other:7"):
        store.read(other, AMD64)


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.find(NAME) is None
    with pytest.raises(ImageError):
        store.read(NAME, AMD64)


def test_nothing_gets_a_name_when_a_layer_is_wrong(store: Store) -> None:
    image = small_image()
    first, second = image.layers
    wrong: Layer = replace(first, open=second.open)
    with pytest.raises(IntegrityError):
        store.write(replace(image, layers=(wrong, second)), NAME)
    assert store.find(NAME) is None
