from httpx import AsyncClient

from tests.factories import TodoFactory

TODOS = "/api/v1/todos"


async def add(client: AsyncClient, **fields: object) -> dict:
    answer = await client.post(TODOS, json=TodoFactory(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_todo_comes_back(client: AsyncClient, other: AsyncClient) -> None:
    todo = await add(client, title="Buy tea", due_on="2030-01-02", tags=["shop"])
    path = f"{TODOS}/{todo['id']}"
    assert (await client.get(path)).json() == todo
    assert (await other.get(path)).status_code == 404


async def test_order_is_by_day_then_priority(client: AsyncClient) -> None:
    await add(client, title="some day")
    await add(client, title="later", due_on="2030-02-01")
    await add(client, title="soon", due_on="2030-01-01", priority=1)
    await add(client, title="soon, urgent", due_on="2030-01-01", priority=3)
    titles = [todo["title"] for todo in (await client.get(TODOS)).json()]
    assert titles == ["soon, urgent", "soon", "later", "some day"]


async def test_completion_and_back(client: AsyncClient) -> None:
    todo = await add(client, tags=["x"])
    path = f"{TODOS}/{todo['id']}"
    done = (await client.patch(path, json={"completed": True, "tags": []})).json()
    assert done["completed_at"] is not None
    assert done["tags"] == []
    again = (await client.patch(path, json={"completed": True})).json()
    assert again["completed_at"] == done["completed_at"]
    assert len((await client.get(TODOS, params={"completed": True})).json()) == 1
    back = (await client.patch(path, json={"completed": False})).json()
    assert back["completed_at"] is None
    assert (await client.get(TODOS, params={"completed": True})).json() == []


async def test_filters_and_stats(client: AsyncClient) -> None:
    await add(client, due_on="2020-01-01", tags=["late"])
    done = await add(client)
    await client.patch(f"{TODOS}/{done['id']}", json={"completed": True})
    await add(client)
    assert len((await client.get(TODOS, params={"tag": "late"})).json()) == 1
    stats = (await client.get(f"{TODOS}/stats")).json()
    assert stats == {"open": 2, "completed": 1, "overdue": 1}


async def test_deletion(client: AsyncClient) -> None:
    todo = await add(client)
    assert (await client.delete(f"{TODOS}/{todo['id']}")).status_code == 204
    assert (await client.get(TODOS)).json() == []


async def test_bad_priority(client: AsyncClient) -> None:
    assert (await client.post(TODOS, json=TodoFactory(priority=9))).status_code == 422
