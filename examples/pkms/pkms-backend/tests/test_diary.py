from datetime import datetime
from zoneinfo import ZoneInfo

from httpx import AsyncClient

from tests.factories import DiaryFactory

DIARY = "/api/v1/diary"


async def write(client: AsyncClient, day: str, **fields: object) -> dict:
    answer = await client.put(f"{DIARY}/{day}", json=DiaryFactory(**fields))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_day_has_one_entry(client: AsyncClient, other: AsyncClient) -> None:
    first = await write(client, "2024-12-14", title="Draft")
    second = await write(client, "2024-12-14", title="Final", content="<script>x</script>ok")
    assert first["id"] == second["id"]
    assert "<script>" not in second["content"]
    assert (await client.get(f"{DIARY}/2024-12-14")).json()["title"] == "Final"
    assert (await other.get(f"{DIARY}/2024-12-14")).status_code == 404


async def test_lists_between_days(client: AsyncClient) -> None:
    for day in ("2024-12-01", "2024-12-15", "2025-01-01"):
        await write(client, day)
    params = {"since": "2024-12-02", "until": "2025-01-01"}
    days = [entry["day"] for entry in (await client.get(DIARY, params=params)).json()]
    assert days == ["2025-01-01", "2024-12-15"]


async def test_today_is_the_installations_day(client: AsyncClient) -> None:
    assert (await client.get(f"{DIARY}/today")).json() is None
    day = datetime.now(ZoneInfo("Asia/Kathmandu")).date().isoformat()
    await write(client, day)
    assert (await client.get(f"{DIARY}/today")).json()["day"] == day


async def test_moods(client: AsyncClient) -> None:
    assert (await client.get(f"{DIARY}/moods")).json() == {"entries": 0, "average_mood": None}
    for day, mood in (("2024-12-01", 2), ("2024-12-02", 5), ("2024-12-03", None)):
        await write(client, day, mood=mood)
    assert (await client.get(f"{DIARY}/moods")).json() == {"entries": 3, "average_mood": 3.5}


async def test_deletion(client: AsyncClient) -> None:
    await write(client, "2024-12-14")
    assert (await client.delete(f"{DIARY}/2024-12-14")).status_code == 204
    assert (await client.delete(f"{DIARY}/2024-12-14")).status_code == 404


async def test_bad_days_and_moods(client: AsyncClient) -> None:
    assert (await client.get(f"{DIARY}/yesterday")).status_code == 422
    answer = await client.put(f"{DIARY}/2024-12-14", json=DiaryFactory(mood=6))
    assert answer.status_code == 422
