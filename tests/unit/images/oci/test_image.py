import pytest
from image_oracle import validate
from images import AMD64, packed_layer, small_image
from msgspec.structs import replace

from jettison.errors import ImageError
from jettison.images.descriptor import Manifest
from jettison.images.digest import DiffID, Digest, encode
from jettison.images.image import Attachment, Image
from jettison.images.tar_writer import Member


def test_every_view_is_a_valid_image() -> None:
    image = small_image()
    layer = packed_layer(Member.file("more", b"x"))
    views = [
        Image.empty(AMD64),
        image,
        image.append(layer),
        image.with_config(image.config.with_execution(User="0")),
    ]
    assert [validate(view) for view in views] == [()] * len(views)
    assert len({view.manifest.digest for view in views}) == len(views)


def test_a_change_leaves_the_image_it_was_made_from() -> None:
    image = small_image()
    digest = image.manifest.digest
    image.append(packed_layer(Member.file("more", b"x")))
    assert image.manifest.digest == digest
    assert len(image.layers) == 2


def test_the_same_image_has_the_same_digest() -> None:
    assert small_image().manifest.digest == small_image().manifest.digest


def test_a_config_with_other_layers_is_refused() -> None:
    with pytest.raises(ImageError, match="other layers"):
        small_image().with_config(Image.empty(AMD64).config)


def test_an_image_without_history_gets_one_entry_for_each_layer() -> None:
    image = small_image()
    bare = image.with_config(image.config.evolve(history=[]))
    grown = bare.append(packed_layer(Member.file("more", b"x")))
    assert len(grown.config.history) == 3
    assert validate(grown) == ()


def test_an_attachment_refers_to_its_image() -> None:
    image = small_image()
    attachment = Attachment(artifact_type="application/vnd.cyclonedx+json", content=b"{}")
    manifest = attachment.manifest(image.manifest.descriptor)
    assert manifest.fields["subject"]["digest"] == str(image.manifest.digest)
    assert image.with_attachments([attachment]).manifest == image.manifest


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ("content", "not what its digest says"),
        ("size", "not what its digest says"),
        ("diff ID", "the config says"),
        ("config", "the manifest names the config"),
        ("layers", "lists other layers"),
        ("history", "the history tells of 1 layers"),
    ],
)
def test_the_oracle_finds_what_is_wrong(spoil: str, complaint: str) -> None:
    assert any(complaint in fault for fault in validate(_spoiled(small_image(), spoil)))


def _spoiled(image: Image, what: str) -> Image:
    first, second = image.layers
    if what == "content":
        return replace(image, layers=(replace(first, open=second.open), second))
    if what == "size":
        wrong = replace(first.descriptor, size=first.descriptor.size - 1)
        return replace(image, layers=(replace(first, descriptor=wrong), second))
    if what == "diff ID":
        wrong_id = DiffID.of(b"")
        layers = (replace(first, diff_id=wrong_id), second)
        config = image.config.with_layers([wrong_id, second.diff_id], image.config.history)
        return Image.compose(config, layers)
    if what == "config":
        return replace(image, config=image.config.with_execution(User="other"))
    if what == "layers":
        return replace(image, layers=(first,))
    fields = {**image.config.fields, "history": [{"comment": "one"}]}
    config = type(image.config)(content=encode(fields))
    return Image.compose(config, image.layers)


def test_a_digest_of_another_algorithm_is_checked_by_it() -> None:
    digest = Digest.parse("sha512:" + "0" * 128)
    running = digest.new_hash()
    assert len(running.hexdigest()) == 128


def test_a_manifest_without_a_media_type_is_oci() -> None:
    manifest = Manifest(content=b'{"schemaVersion":2}')
    assert manifest.media_type == "application/vnd.oci.image.manifest.v1+json"
