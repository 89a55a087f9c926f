import json
from pathlib import Path

import pytest
from images import AMD64, ARM64, packed_layer, small_image
from msgspec.structs import replace

from jettison.__main__ import run
from jettison.errors import ImageError
from jettison.images.config import History
from jettison.images.image import Image
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "image.tar"
    ArchiveStore(path, BlobDirectory(tmp_path / "blobs")).write(small_image(), None)
    return f"archive:{path}"


def test_an_image_of_an_archive_is_inspected(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # the second time from what is remembered
        assert run(["inspect", archive, "--platform", "linux/amd64", "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["size"] == len(b"hello\n") + len(b"print('hello')\n")
        assert document["platform"] == "linux/amd64"


def test_the_page_is_written_beside_the_text(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out" / "map.html"
    assert run(["inspect", archive, "--platform", "linux/amd64", "--html", str(page)]) == 0
    assert "21 B in 2 layers" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")


def test_a_name_that_is_no_text_is_on_the_page(tmp_path: Path) -> None:
    layer = packed_layer(Member.file("caf\udce9.bin", b"x" * 5000))
    LayoutStore(tmp_path / "i").write(Image.empty(AMD64).append(layer, History()), None)
    page = tmp_path / "map.html"
    words = ["--platform", "linux/amd64", "--html", str(page)]
    assert run(["inspect", f"oci:{tmp_path}/i", *words]) == 0
    assert page.read_text().startswith("<!doctype html>")


def test_a_base_that_is_not_the_images_is_refused(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.tar"
    store = ArchiveStore(other, BlobDirectory(tmp_path / "blobs"))
    store.write(small_image(text=b"other\n"), None)
    status = run(["inspect", archive, "--platform", "linux/amd64", "--base", f"archive:{other}"])
    assert status == ImageError.exit_status
    assert "is not made on" in capsys.readouterr().err


def test_an_image_that_claims_the_layers_of_another_is_read_for_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [packed_layer(Member.file("etc/motd", text)) for text in (b"hello\n", b"a lie\n" * 9)]
    claimed = replace(layers[1], diff_id=layers[0].diff_id)
    sizes = []
    for number, layer in enumerate((layers[0], claimed)):
        image = Image.empty(AMD64).append(layer, History(created_by="x"))
        LayoutStore(tmp_path / str(number)).write(image, None)
        place = f"oci:{tmp_path}/{number}"
        assert run(["inspect", place, "--platform", "linux/amd64", "--format", "json"]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["size"])
    assert sizes == [6, 54]


def test_an_image_that_is_not_there_is_an_error_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", f"archive:{tmp_path}/absent.tar"]) == ImageError.exit_status
    assert capsys.readouterr().err.startswith("error: ")


def test_two_images_are_compared(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.tar"
    store = ArchiveStore(other, BlobDirectory(tmp_path / "blobs"))
    store.write(small_image(text=b"hello, world\n"), None)
    arguments = ["compare", archive, f"archive:{other}", "--platform", "linux/amd64"]
    assert run(arguments) == 0
    assert "+7 B" in capsys.readouterr().out
    assert run([*arguments, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["growth"] == 7


def test_a_platform_that_the_image_lacks_is_named(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", archive, "--platform", str(ARM64)]) == ImageError.exit_status
    assert "linux/arm64" in capsys.readouterr().err


def test_an_archive_that_is_none_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "image.tar").write_bytes(b"no tar")
    assert run(["inspect", f"archive:{tmp_path / 'image.tar'}"]) in {11, 15}
    assert "hint: " in capsys.readouterr().err
