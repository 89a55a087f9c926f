"""Where built images go, and what is said when they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from images import AMD64, ARM64, small_image

from jettison.errors import EngineError, ImageError, WriteError
from jettison.images.image import Attachment, ImageSet
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.tasks.building import Built
from jettison.tasks.delivery import Delivery, delivered

BILL = Attachment(artifact_type="application/vnd.cyclonedx+json", content=b"{}")
IMAGES = tuple(small_image(each).with_attachments([BILL]) for each in (AMD64, ARM64))


def deliver(folder: Path, content: object, **asked: object) -> list[str]:
    delivery = Delivery(**asked)  # type: ignore[arg-type]
    done = Built(content=content, foundations=())  # type: ignore[arg-type]
    places = delivery.places(folder, BlobDirectory(folder / "cache"))
    return list(delivered(done, places, delivery))


def test_one_image_goes_to_several_places(tmp_path: Path) -> None:
    outputs = (f"oci:{tmp_path / 'layout'}", f"archive:{tmp_path / 'image.tar'}:shop:1")
    lines = deliver(tmp_path, IMAGES[0], outputs=outputs)
    digest = str(IMAGES[0].manifest.digest)
    assert [line.endswith(digest) for line in lines] == [True, True]
    read = LayoutStore(tmp_path / "layout").read(None, AMD64)
    assert read.manifest == IMAGES[0].manifest


def test_two_platforms_have_one_name(tmp_path: Path) -> None:
    several = ImageSet(images=IMAGES)
    (line,) = deliver(tmp_path, several, outputs=(f"oci:{tmp_path / 'layout'}",))
    assert line.endswith(str(several.index.digest))
    store = LayoutStore(tmp_path / "layout")
    assert store.read(None, ARM64).config.platform == ARM64


def test_each_platform_has_a_bill_of_its_own(tmp_path: Path) -> None:
    deliver(tmp_path, ImageSet(images=IMAGES), sbom=tmp_path / "bom.json")
    assert {path.name for path in tmp_path.glob("bom*")} == {
        "bom-linux-amd64.json", "bom-linux-arm64.json",
    }  # fmt: skip


def test_one_image_has_the_bill_that_was_named(tmp_path: Path) -> None:
    deliver(tmp_path, IMAGES[0], sbom=tmp_path / "bom.json")
    assert (tmp_path / "bom.json").read_bytes() == b"{}"


def test_what_is_written_nowhere_is_told(tmp_path: Path) -> None:
    (line,) = deliver(tmp_path, IMAGES[0])
    assert "nowhere" in line


@pytest.mark.parametrize("output", ["docker:shop", "shop:1", "image.tar", "oci:"])
def test_a_place_that_is_none_is_refused_before_anything_is_built(
    tmp_path: Path, output: str
) -> None:
    with pytest.raises(ImageError) as caught:
        Delivery(outputs=(output,)).places(tmp_path, BlobDirectory(tmp_path))
    assert output in str(caught.value)
    assert caught.value.hint


def test_an_engine_that_keeps_no_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="embedded") as caught:
        Delivery(load=True, engine="embedded").places(tmp_path, BlobDirectory(tmp_path))
    assert "docker" in caught.value.hint


def test_without_an_engine_loading_is_refused_with_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError) as caught:
        Delivery(load=True).places(tmp_path, BlobDirectory(tmp_path))
    assert "archive:" in caught.value.hint


@pytest.mark.parametrize("name", [".", "./", "sub/..", "link", "../project"])
def test_an_image_is_not_written_over_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "link").symlink_to(".")
    monkeypatch.chdir(project)
    with pytest.raises(ImageError, match="the folder of the project is no place"):
        Delivery(outputs=(f"oci:{name}",)).files(Path())


def test_an_image_is_not_written_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("")
    with pytest.raises(ImageError, match="is a folder with other files"):
        Delivery(outputs=(f"oci:{tmp_path / 'src'}:shop:1",)).files(tmp_path)
    layout = Delivery(outputs=(f"oci:{tmp_path / 'image'}",))
    deliver(tmp_path, IMAGES[0], outputs=layout.outputs)
    assert layout.files(tmp_path) == {str(tmp_path / "image")}


def test_a_folder_is_no_file_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WriteError, match="cannot be written"):
        deliver(tmp_path, IMAGES[0], outputs=("archive:.",))
    with pytest.raises(WriteError, match="is a folder"):
        Delivery(sbom=Path()).files(tmp_path / "project")
