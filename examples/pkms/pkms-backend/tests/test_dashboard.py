from datetime import datetime
from zoneinfo import ZoneInfo

from httpx import AsyncClient

from tests.factories import DiaryFactory, NoteFactory, TodoFactory


async def test_numbers(client: AsyncClient, other: AsyncClient) -> None:
    await client.post("/api/v1/notes", json=NoteFactory())
    await client.post("/api/v1/todos", json=TodoFactory())
    day = datetime.now(ZoneInfo("Asia/Kathmandu")).date()
    await client.put(f"/api/v1/diary/{day}", json=DiaryFactory())
    await client.post("/api/v1/documents/upload", files={"file": ("a.txt", b"12345")})
    assert (await client.get("/api/v1/dashboard")).json() == {
        "notes": 1,
        "open_todos": 1,
        "diary_entries": 1,
        "documents": 1,
        "storage_bytes": 5,
        "wrote_today": True,
    }
    assert (await other.get("/api/v1/dashboard")).json()["documents"] == 0
