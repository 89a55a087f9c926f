"""Layouts and archives: their files, their names, and what others write."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import multiprocessing
import os
import tarfile
from pathlib import Path
from typing import BinaryIO

import pytest
from image_oracle import validate
from images import AMD64, ARM64, small_image

from jettison.errors import ImageError, IntegrityError
from jettison.images.image import Attachment, Image, ImageSet
from jettison.images.reference import Reference
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.images.stream import uncompressed
from jettison.values import replace

ONE = Reference.parse("localhost/app:1")
TWO = Reference.parse("localhost/app:2")
SBOM = Attachment(artifact_type="application/vnd.cyclonedx+json", content=b"{}")


def entries(layout: LayoutStore) -> list[dict[str, object]]:
    return list(json.loads((layout.directory / "index.json").read_bytes())["manifests"])


class BrokenOffError(Exception):
    """Ends a block early."""


def broken_off() -> Image:
    """An image whose second layer ends the program that reads it, as Ctrl-C does."""
    image = small_image()

    def opened() -> BinaryIO:
        raise BrokenOffError

    layers = [image.layers[0], replace(image.layers[1], open=opened)]
    return Image.compose(image.config, layers)


def test_what_was_begun_of_a_new_layout_is_removed(layout: LayoutStore) -> None:
    with pytest.raises(BrokenOffError):
        layout.write(broken_off(), ONE)
    assert not layout.directory.exists()


def test_a_layout_that_is_there_stays(layout: LayoutStore, tmp_path: Path) -> None:
    layout.write(small_image(text=b"other"), TWO)
    (layer,) = small_image().layers[:1]
    image = small_image(text=b"third")
    image = Image.compose(
        image.config, [image.layers[0], replace(layer, open=broken_off().layers[1].open)]
    )
    with pytest.raises(BrokenOffError):
        layout.write(image, ONE)
    assert validate(layout.read(TWO, AMD64)) == ()
    (tmp_path / "own/blobs").mkdir(parents=True)
    with pytest.raises(BrokenOffError):
        LayoutStore(tmp_path / "own").write(broken_off(), ONE)
    assert (tmp_path / "own/blobs").is_dir()


def test_what_another_process_writes_into_a_new_layout_stays(layout: LayoutStore) -> None:
    image = broken_off()

    def opened() -> BinaryIO:
        held = os.open(layout.directory / "blobs", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)
        raise BrokenOffError

    layers = [image.layers[0], replace(image.layers[1], open=opened)]
    with pytest.raises(BrokenOffError):
        layout.write(Image.compose(image.config, layers), ONE)
    assert any((layout.directory / "blobs/sha256").iterdir())


@pytest.fixture
def layout(tmp_path: Path) -> LayoutStore:
    return LayoutStore(tmp_path / "layout")


@pytest.fixture
def archive(tmp_path: Path, cache: BlobDirectory) -> ArchiveStore:
    return ArchiveStore(tmp_path / "image.tar", cache)


def test_a_layout_holds_several_images(layout: LayoutStore) -> None:
    other = small_image(text=b"other")
    layout.write(small_image(), ONE)
    layout.write(other, TWO)
    assert layout.read(TWO, AMD64).manifest == other.manifest
    with pytest.raises(ImageError, match="several images: localhost/app:1, localhost/app:2"):
        layout.read(None, AMD64)


def test_the_only_image_needs_no_name(layout: LayoutStore, archive: ArchiveStore) -> None:
    for store in (layout, archive):
        store.write(small_image(), None)
        assert store.read(None, AMD64).manifest == small_image().manifest


def test_a_layout_has_what_the_specification_asks_for(layout: LayoutStore) -> None:
    layout.write(small_image(), ONE)
    version = json.loads((layout.directory / "oci-layout").read_text())
    assert version == {"imageLayoutVersion": "1.0.0"}
    (entry,) = entries(layout)
    assert entry["annotations"] == {
        "io.containerd.image.name": "localhost/app:1",
        "org.opencontainers.image.ref.name": "1",
    }


def test_a_layout_lists_attachments_beside_their_image(layout: LayoutStore) -> None:
    for text in (b"old", b"new"):
        layout.write(small_image(text=text).with_attachments([SBOM]), ONE)
    image, attachment = entries(layout)
    assert attachment["artifactType"] == SBOM.artifact_type
    manifest = layout.directory / "blobs" / str(attachment["digest"]).replace(":", "/")
    assert json.loads(manifest.read_bytes())["subject"]["digest"] == image["digest"]


def test_images_written_at_once_are_all_named(layout: LayoutStore) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(layout.directory, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(entries(layout)) == 4


def _write(directory: Path, number: int) -> None:
    name = Reference.parse(f"localhost/app:{number}")
    LayoutStore(directory).write(small_image(text=b"%d" % number), name)


def test_what_is_no_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not an OCI layout"):
        LayoutStore(tmp_path).read(None, AMD64)


def test_a_damaged_layer_of_a_layout_is_named(layout: LayoutStore) -> None:
    layout.write(small_image(), ONE)
    layer = small_image().layers[0].descriptor
    path = layout.directory / "blobs" / "sha256" / layer.digest.hex
    path.write_bytes(b"x" * layer.size)
    image = layout.read(ONE, AMD64)
    with pytest.raises(IntegrityError, match=layer.digest.hex):
        image.tree()


def test_equal_images_give_equal_archives(tmp_path: Path, cache: BlobDirectory) -> None:
    paths = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for path in paths:
        ArchiveStore(path, cache).write(small_image(), ONE)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_archive_is_also_what_docker_load_asks_for(archive: ArchiveStore) -> None:
    image = small_image()
    archive.write(image.with_attachments([SBOM]), Reference.parse("app:1"))
    with tarfile.open(archive.path) as tar:
        names = tar.getnames()
        manifest = tar.extractfile("manifest.json")
        assert manifest
        (listed,) = json.loads(manifest.read())
    assert listed["RepoTags"] == ["app:1"]
    assert set(listed["Layers"]) | {listed["Config"]} <= set(names)
    assert len(names) == 3 + 1 + len(image.layers) + 1


def test_an_archive_of_several_platforms_names_the_first(archive: ArchiveStore) -> None:
    archive.write(ImageSet(images=(small_image(ARM64), small_image(AMD64))), ONE)
    with tarfile.open(archive.path) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest
        listed = json.loads(manifest.read())
    assert [one["RepoTags"] for one in listed] == [["localhost/app:1"], []]


def test_a_compressed_archive_is_read(archive: ArchiveStore) -> None:
    archive.write(small_image(), ONE)
    archive.path.write_bytes(gzip.compress(archive.path.read_bytes()))
    read = archive.read(ONE, AMD64)
    assert validate(read) == ()
    assert read.manifest == small_image().manifest


@pytest.mark.parametrize("form", ["plain", "linked", "packed layers"])
def test_what_docker_saved_before_oci_layouts_is_read(archive: ArchiveStore, form: str) -> None:
    source = small_image()
    archive.path.write_bytes(_docker_archive(source, form))
    read = archive.read(Reference.parse("localhost/app:1"), AMD64)
    assert read.config == source.config
    assert validate(read) == ()
    with pytest.raises(ImageError, match="other:1"):
        archive.read(Reference.parse("localhost/other:1"), AMD64)


def _docker_archive(image: Image, form: str) -> bytes:
    """Write what ``docker save`` wrote until version 24: a directory for each layer."""
    content = io.BytesIO()
    names = [f"{number}/layer.tar" for number in range(len(image.layers))]
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, layer in zip(names, image.layers, strict=True):
            packed = layer.open()
            with packed if form == "packed layers" else uncompressed(packed) as stream:
                body = stream.read()
            if form == "linked":
                _add(tar, f"shared/{name}", body)
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"../shared/{name}"
                tar.addfile(link)
            else:
                _add(tar, name, body)
        _add(tar, "config.json", image.config.content)
        listed = [{"Config": "config.json", "RepoTags": ["localhost/app:1"], "Layers": names}]
        _add(tar, "manifest.json", json.dumps(listed).encode())
    return content.getvalue()


def _add(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(body)
    tar.addfile(entry, io.BytesIO(body))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", IntegrityError),
        (b"no tar" * 1000, IntegrityError),
        (b"\0" * 10240, ImageError),
        (gzip.compress(b"no tar" * 1000, mtime=0), IntegrityError),
    ],
    ids=["empty", "text", "zeros", "compressed text"],
)
def test_what_is_no_archive_is_told(
    archive: ArchiveStore, content: bytes, kind: type[Exception]
) -> None:
    archive.path.write_bytes(content)
    with pytest.raises(kind):
        archive.read(None, AMD64)


def test_a_failed_write_leaves_the_old_archive(archive: ArchiveStore, tmp_path: Path) -> None:
    archive.write(small_image(), ONE)
    before = archive.path.read_bytes()
    source = LayoutStore(tmp_path / "layout")
    source.write(small_image(text=b"newer"), ONE)
    image = source.read(ONE, AMD64)
    (tmp_path / "layout/blobs/sha256" / image.layers[0].descriptor.digest.hex).unlink()
    with pytest.raises(ImageError, match="is missing"):
        archive.write(image, ONE)
    assert archive.path.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.partial")] == []
