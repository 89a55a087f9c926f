from httpx import AsyncClient

from tests import files
from tests.factories import DiaryFactory, NoteFactory, TodoFactory

SEARCH = "/api/v1/search"


async def fill(client: AsyncClient) -> None:
    note = NoteFactory(title="Everest base camp", content="<p>Walk slowly and drink water</p>")
    await client.post("/api/v1/notes", json=note)
    todo = TodoFactory(title="Fill the water bottles", description="Two of them")
    await client.post("/api/v1/todos", json=todo)
    diary = DiaryFactory(title="Saturday", content="Walked all day")
    await client.put("/api/v1/diary/2024-12-14", json=diary)
    upload = {"file": ("map.pdf", files.pdf("Water sources"))}
    await client.post("/api/v1/documents/upload", files=upload)


async def kinds(client: AsyncClient, **params: object) -> set[str]:
    answer = await client.get(SEARCH, params=params)
    assert answer.status_code == 200, answer.text
    return {hit["kind"] for hit in answer.json()["hits"]}


async def test_finds_every_kind(client: AsyncClient, other: AsyncClient) -> None:
    await fill(client)
    assert await kinds(client, q="water") == {"note", "todo", "document"}
    assert await kinds(client, q="walking") == {"note", "diary"}
    assert await kinds(client, q="water", kind=["todo", "note"]) == {"todo", "note"}
    assert await kinds(client, q="water slowly") == {"note"}
    assert await kinds(client, q="ever") == {"note"}
    assert await kinds(other, q="water") == set()


async def test_titles_weigh_more_and_snippets_mark(client: AsyncClient) -> None:
    await client.post("/api/v1/notes", json=NoteFactory(title="Tea", content="Plain"))
    await client.post("/api/v1/notes", json=NoteFactory(title="Other", content="some tea here"))
    hits = (await client.get(SEARCH, params={"q": "tea"})).json()["hits"]
    assert [hit["title"] for hit in hits] == ["Tea", "Other"]
    assert "<mark>tea</mark>" in hits[1]["snippet"]


async def test_punctuation_is_no_syntax(client: AsyncClient) -> None:
    await fill(client)
    assert await kinds(client, q='"base* (camp) NOT') == set()
    assert await kinds(client, q='base-camp"') == {"note"}
    assert await kinds(client, q="***") == set()


async def test_changes_and_deletions_reach_the_index(client: AsyncClient) -> None:
    note = (await client.post("/api/v1/notes", json=NoteFactory(title="Yak"))).json()
    await client.patch(f"/api/v1/notes/{note['id']}", json={"title": "Yeti"})
    assert await kinds(client, q="yak") == set()
    assert await kinds(client, q="yeti") == {"note"}
    await client.delete(f"/api/v1/notes/{note['id']}")
    assert await kinds(client, q="yeti") == set()


async def test_fuzzy_forgives_spelling(client: AsyncClient) -> None:
    await fill(client)
    answer = await client.get(f"{SEARCH}/fuzzy", params={"q": "Evrest bse camp"})
    assert answer.json()["hits"][0]["title"] == "Everest base camp"
    answer = await client.get(f"{SEARCH}/fuzzy", params={"q": "zzzz", "threshold": 90})
    assert answer.json()["total"] == 0


async def test_reindex(client: AsyncClient) -> None:
    await fill(client)
    assert (await client.post(f"{SEARCH}/reindex")).json() == {"indexed": 4}
    assert await kinds(client, q="water") == {"note", "todo", "document"}


async def test_a_query_is_needed(client: AsyncClient) -> None:
    assert (await client.get(SEARCH)).status_code == 422
