import pytest
from httpx import AsyncClient

from tests.factories import NoteFactory, TodoFactory

TAGS = "/api/v1/tags"


async def test_counts(client: AsyncClient) -> None:
    await client.post("/api/v1/notes", json=NoteFactory(tags=["a", "b"]))
    await client.post("/api/v1/todos", json=TodoFactory(tags=["a"]))
    tags = (await client.get(TAGS)).json()
    assert [(t["name"], t["notes"], t["todos"], t["documents"]) for t in tags] == [
        ("a", 1, 1, 0),
        ("b", 1, 0, 0),
    ]


async def test_names_are_unique_for_a_user(client: AsyncClient, other: AsyncClient) -> None:
    first = (await client.post(TAGS, json={"name": "One", "color": "#ff0000"})).json()
    assert (first["name"], first["color"]) == ("one", "#ff0000")
    assert (await client.post(TAGS, json={"name": "one"})).status_code == 409
    assert (await other.post(TAGS, json={"name": "one"})).status_code == 201


async def test_renaming(client: AsyncClient) -> None:
    note = (await client.post("/api/v1/notes", json=NoteFactory(tags=["old", "kept"]))).json()
    tags = {t["name"]: t["id"] for t in (await client.get(TAGS)).json()}
    path = f"{TAGS}/{tags['old']}"
    assert (await client.patch(path, json={"name": "kept"})).status_code == 409
    assert (await client.patch(path, json={"name": "new"})).json()["name"] == "new"
    note = (await client.get(f"/api/v1/notes/{note['id']}")).json()
    assert note["tags"] == ["kept", "new"]


async def test_deletion_keeps_what_carried_the_tag(client: AsyncClient, other: AsyncClient) -> None:
    note = (await client.post("/api/v1/notes", json=NoteFactory(tags=["gone"]))).json()
    tag = (await client.get(TAGS)).json()[0]
    assert (await other.delete(f"{TAGS}/{tag['id']}")).status_code == 404
    assert (await client.delete(f"{TAGS}/{tag['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/notes/{note['id']}")).json()["tags"] == []


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x", "color": "red"}])
async def test_bad_tags(client: AsyncClient, wrong: dict) -> None:
    assert (await client.post(TAGS, json=wrong)).status_code == 422
