import sqlite3

import pytest
from httpx import AsyncClient

from app.config import Settings
from tests.factories import NoteFactory

BACKUP = "/api/v1/backup"


async def create(client: AsyncClient, method: str) -> dict:
    answer = await client.post(f"{BACKUP}/create", params={"method": method})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("method", ["checkpoint", "all_files", "vacuum"])
async def test_the_copy_holds_the_notes(
    client: AsyncClient, settings: Settings, method: str
) -> None:
    await client.post("/api/v1/notes", json=NoteFactory(title="Keep me"))
    backup = await create(client, method)
    assert backup["method"] == method
    assert backup["size"] == sum(file["size"] for file in backup["files"])
    copy = settings.backups_dir / backup["name"] / "pkms.db"
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT title FROM notes").fetchall() == [("Keep me",)]


async def test_all_files_has_the_uploads(client: AsyncClient) -> None:
    await client.post("/api/v1/documents/upload", files={"file": ("a.txt", b"text")})
    paths = [file["path"] for file in (await create(client, "all_files"))["files"]]
    assert any(path.startswith("uploads/") and path.endswith(".txt") for path in paths)


async def test_a_failed_copy_is_told_and_leaves_nothing(
    client: AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    answer = await client.post(f"{BACKUP}/create", params={"method": "all_files"})
    assert answer.status_code == 500
    assert list(settings.backups_dir.iterdir()) == []


async def test_list_get_delete(client: AsyncClient) -> None:
    backup = await create(client, "vacuum")
    assert (await client.get(f"{BACKUP}/list")).json() == [backup]
    path = f"{BACKUP}/{backup['name']}"
    assert (await client.get(path)).json() == backup
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_only_the_newest_are_kept(client: AsyncClient) -> None:
    names = [(await create(client, "checkpoint"))["name"] for _ in range(4)]
    listed = [backup["name"] for backup in (await client.get(f"{BACKUP}/list")).json()]
    assert listed == names[:0:-1]


async def test_only_for_administrators(other: AsyncClient) -> None:
    assert (await other.post(f"{BACKUP}/create")).status_code == 403
    assert (await other.get(f"{BACKUP}/list")).status_code == 403


async def test_no_such_method(client: AsyncClient) -> None:
    answer = await client.post(f"{BACKUP}/create", params={"method": "tape"})
    assert answer.status_code == 422
