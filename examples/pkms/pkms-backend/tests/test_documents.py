import io
from pathlib import Path

import pytest
from httpx import AsyncClient
from PIL import Image

from app.config import Settings
from app.services import file_types
from app.services.extraction import DOCX
from app.services.storage import safe_filename
from tests import files

DOCUMENTS = "/api/v1/documents"


async def upload(client: AsyncClient, name: str, content: bytes, **form: str) -> dict:
    answer = await client.post(f"{DOCUMENTS}/upload", files={"file": (name, content)}, data=form)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def text_of(client: AsyncClient, document: dict) -> str:
    return (await client.get(f"{DOCUMENTS}/{document['id']}/text")).json()["text"]


async def test_pdf(client: AsyncClient) -> None:
    document = await upload(client, "trek.pdf", files.pdf("Annapurna", pages=2))
    assert document["media_type"] == "application/pdf"
    assert document["page_count"] == 2
    assert "Annapurna 2" in await text_of(client, document)
    thumbnail = await client.get(f"{DOCUMENTS}/{document['id']}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"


async def test_docx(client: AsyncClient) -> None:
    document = await upload(client, "recipe.docx", files.word("Dal", "Bhat"))
    assert document["media_type"] == DOCX
    assert await text_of(client, document) == "Dal\nBhat\nin a table"
    assert document["has_thumbnail"] is False
    thumbnail = await client.get(f"{DOCUMENTS}/{document['id']}/thumbnail")
    assert thumbnail.status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_pictures(client: AsyncClient, kind: str) -> None:
    document = await upload(client, "any.bin", files.picture(kind))
    assert document["media_type"] == f"image/{kind.lower()}"
    thumbnail = await client.get(f"{DOCUMENTS}/{document['id']}/thumbnail")
    assert Image.open(io.BytesIO(thumbnail.content)).size == (320, 160)


async def test_text_and_html(client: AsyncClient) -> None:
    plain = await upload(client, "a.txt", "नमस्ते".encode())
    assert plain["media_type"] == "text/plain"
    assert await text_of(client, plain) == "नमस्ते"
    page = await upload(client, "a.html", b"<!DOCTYPE html><html><body><p>Hi</p></body></html>")
    assert await text_of(client, page) == "Hi"


async def test_damaged_files_are_stored_without_text(client: AsyncClient) -> None:
    document = await upload(client, "broken.pdf", b"%PDF-1.7 and nothing more")
    assert document["has_thumbnail"] is False
    assert await text_of(client, document) == ""


async def test_download_gives_the_same_bytes(client: AsyncClient, other: AsyncClient) -> None:
    content = files.pdf("Same")
    document = await upload(client, "../../same.pdf", content, title="Same", tags="One, two,")
    assert (document["filename"], document["title"]) == ("same.pdf", "Same")
    assert document["tags"] == ["one", "two"]
    path = f"{DOCUMENTS}/{document['id']}"
    answer = await client.get(f"{path}/download")
    assert answer.content == content
    assert "same.pdf" in answer.headers["content-disposition"]
    assert (await other.get(f"{path}/download")).status_code == 404


async def test_a_file_that_is_gone(client: AsyncClient, settings: Settings) -> None:
    document = await upload(client, "a.txt", b"text")
    for path in settings.uploads_dir.rglob("*.txt"):
        path.unlink()
    assert (await client.get(f"{DOCUMENTS}/{document['id']}/download")).status_code == 410


async def test_lists_and_changes(client: AsyncClient) -> None:
    first = await upload(client, "a.txt", b"text", tags="x")
    await upload(client, "b.png", files.picture())
    listed = (await client.get(DOCUMENTS, params={"tag": "x"})).json()
    assert [document["id"] for document in listed] == [first["id"]]
    listed = (await client.get(DOCUMENTS, params={"media_type": "image/png"})).json()
    assert [document["filename"] for document in listed] == ["b.png"]
    path = f"{DOCUMENTS}/{first['id']}"
    changed = (await client.patch(path, json={"title": "New", "tags": []})).json()
    assert (changed["title"], changed["tags"]) == ("New", [])
    assert (await client.get(path)).json() == changed


async def test_deletion_removes_the_files(client: AsyncClient, settings: Settings) -> None:
    document = await upload(client, "a.png", files.picture())
    assert (await client.delete(f"{DOCUMENTS}/{document['id']}")).status_code == 204
    left = [*settings.uploads_dir.rglob("*.png"), *settings.thumbnails_dir.iterdir()]
    assert left == []


@pytest.mark.parametrize(("content", "status"), [(b"", 400), (b"x" * (1024 * 1024 + 1), 413)])
async def test_refused_uploads_leave_nothing(
    client: AsyncClient, settings: Settings, content: bytes, status: int
) -> None:
    answer = await client.post(f"{DOCUMENTS}/upload", files={"file": ("a.txt", content)})
    assert answer.status_code == status
    assert not [path for path in settings.uploads_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a/b.txt", "b.txt"), ("..\\c.txt", "c.txt"), ("a\n<b>.txt", "ab.txt"), ("..", "unnamed")],
)
def test_file_names(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_types_without_libmagic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(file_types, "magic", None)
    assert file_types.detector_name() == "filetype"
    assert file_types.media_type(files.picture()[:8192], "x") == "image/png"
    assert file_types.media_type(b"plain", "x.txt") == "text/plain"
    assert file_types.media_type(b"plain", "x") == file_types.OCTETS
