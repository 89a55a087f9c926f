import pytest
from httpx import AsyncClient

from tests.factories import NoteFactory

NOTES = "/api/v1/notes"


async def add(client: AsyncClient, **fields: object) -> dict:
    answer = await client.post(NOTES, json=NoteFactory(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_note_comes_back(client: AsyncClient) -> None:
    note = await add(client, title="Momo", tags=["Food", "nepal", "food"])
    assert note["tags"] == ["food", "nepal"]
    assert (await client.get(f"{NOTES}/{note['id']}")).json() == note


async def test_scripts_do_not_survive(client: AsyncClient) -> None:
    note = await add(client, content='<b>bold</b><script>x</script><a href="javascript:x">y</a>')
    assert "<b>bold</b>" in note["content"]
    assert "<script>" not in note["content"]
    assert "javascript" not in note["content"]


async def test_pinned_notes_come_first_and_archived_ones_apart(client: AsyncClient) -> None:
    pinned = await add(client, is_pinned=True)
    plain = await add(client)
    hidden = await add(client)
    await client.patch(f"{NOTES}/{hidden['id']}", json={"is_archived": True})
    assert [n["id"] for n in (await client.get(NOTES)).json()] == [pinned["id"], plain["id"]]
    archived = (await client.get(NOTES, params={"archived": True})).json()
    assert [n["id"] for n in archived] == [hidden["id"]]


async def test_lists_by_tag_and_page(client: AsyncClient) -> None:
    for number in range(5):
        await add(client, tags=["even"] if number % 2 == 0 else ["odd"])
    assert len((await client.get(NOTES, params={"tag": "Even"})).json()) == 3
    assert len((await client.get(NOTES, params={"limit": 2, "offset": 4})).json()) == 1


async def test_changes(client: AsyncClient) -> None:
    note = await add(client, tags=["old"])
    body = {"title": "New", "content": "<i>x</i><script>", "tags": ["new"]}
    changed = (await client.patch(f"{NOTES}/{note['id']}", json=body)).json()
    assert (changed["title"], changed["tags"]) == ("New", ["new"])
    assert "<script>" not in changed["content"]


async def test_deletion(client: AsyncClient) -> None:
    note = await add(client, tags=["x"])
    assert (await client.delete(f"{NOTES}/{note['id']}")).status_code == 204
    assert (await client.get(f"{NOTES}/{note['id']}")).status_code == 404


async def test_other_peoples_notes_do_not_exist(client: AsyncClient, other: AsyncClient) -> None:
    note = await add(client)
    path = f"{NOTES}/{note['id']}"
    assert (await other.get(NOTES)).json() == []
    assert (await other.get(path)).status_code == 404
    assert (await other.patch(path, json={"title": "mine"})).status_code == 404
    assert (await other.delete(path)).status_code == 404


@pytest.mark.parametrize("wrong", [{"title": " "}, {"title": "x" * 201}, {"tags": [""]}])
async def test_bad_notes(client: AsyncClient, wrong: dict) -> None:
    assert (await client.post(NOTES, json=NoteFactory(**wrong))).status_code == 422
