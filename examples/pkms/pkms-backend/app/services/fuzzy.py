"""Search by titles that forgives spelling."""

from rapidfuzz import fuzz, process, utils
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.schemas import SearchHit


async def fuzzy_search(
    session: AsyncSession, user_id: str, query: str, threshold: int, limit: int
) -> list[SearchHit]:
    rows = (
        await session.execute(
            text("SELECT kind, item_id, title FROM search_index WHERE user_id = :user_id"),
            {"user_id": user_id},
        )
    ).all()
    matches = process.extract(
        query,
        [row.title for row in rows],
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        score_cutoff=threshold,
        limit=limit,
    )
    return [
        SearchHit(
            kind=rows[position].kind,
            id=rows[position].item_id,
            title=title,
            snippet=title,
            score=round(score, 2),
        )
        for title, score, position in matches
    ]
