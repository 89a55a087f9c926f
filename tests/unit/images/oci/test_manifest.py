import pytest
from images import AMD64, ARM64, small_image

from jettison.errors import ImageError
from jettison.images.descriptor import Descriptor, Index, Manifest, Platform
from jettison.images.digest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, encode
from jettison.images.image import Image, ImageSet


def test_an_index_gives_the_manifest_of_a_platform() -> None:
    images = (small_image(ARM64), small_image(AMD64))
    index = ImageSet(images=images).index
    assert index.choose(ARM64, "it").digest == images[0].manifest.digest
    assert index == ImageSet(images=images[::-1]).index


def test_a_missing_platform_is_told_with_those_there_are() -> None:
    index = ImageSet(images=(small_image(ARM64), small_image(AMD64))).index
    with pytest.raises(ImageError, match="app has no image for linux/s390x") as caught:
        index.choose(Platform.parse("s390x"), "app")
    assert "linux/amd64, linux/arm64" in caught.value.why


def test_attestations_are_no_platform() -> None:
    manifest = small_image().descriptor.fields
    attestation = {**manifest, "platform": {"os": "unknown", "architecture": "unknown"}}
    index = Index.of({"manifests": [attestation, manifest]})
    assert index.platforms == (AMD64,)


def test_two_images_for_one_platform_are_refused() -> None:
    with pytest.raises(ImageError, match="two images for one platform"):
        ImageSet(images=(small_image(), small_image(text=b"other")))


def test_docker_media_types_fit_one_another() -> None:
    source = small_image()
    image = Image.compose(source.config, source.layers, media_type=DOCKER_MANIFEST)
    assert image.manifest.config.media_type == DOCKER_CONFIG
    assert image.layers[0].descriptor.media_type == DOCKER_LAYER + ".gzip"


def test_fields_of_a_descriptor_without_a_name_here_are_kept() -> None:
    fields = {
        "mediaType": "a/b",
        "digest": "sha256:" + "0" * 64,
        "size": 3,
        "urls": ["https://example.com"],
        "annotations": {"k": "v"},
        "platform": {"architecture": "arm", "os": "linux", "variant": "v6"},
    }
    assert Descriptor.from_fields(fields).fields == fields


@pytest.mark.parametrize(
    "change",
    [{"size": -1}, {"size": "3"}, {"size": True}, {"size": None}, {"digest": "md5:00"}],
)
def test_a_malformed_descriptor_is_refused(change: dict[str, object]) -> None:
    layer = {"mediaType": "a/b", "digest": "sha256:" + "0" * 64, "size": 3, **change}
    manifest = Manifest(content=encode({"layers": [layer]}))
    with pytest.raises(ImageError):
        assert manifest.layers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("linux/x86_64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/v6", "linux/arm/v6"),
    ],
)
def test_a_platform_has_one_name(text: str, shown: str) -> None:
    assert str(Platform.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "linux/", "a/b/c/d", "linux/amd 64"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(ImageError, match="not a platform"):
        Platform.parse(text)
