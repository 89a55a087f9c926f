"""Full-text and fuzzy search over everything a user has."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.dependencies import CurrentUser, Session
from app.schemas import Kind, SearchResults
from app.services import search_index
from app.services.fuzzy import fuzzy_search

router = APIRouter(prefix="/search", tags=["search"])

Words = Annotated[str, Query(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("")
async def search(
    user: CurrentUser,
    session: Session,
    q: Words,
    kind: Annotated[list[Kind] | None, Query()] = None,
    limit: Limit = 20,
) -> SearchResults:
    hits = await search_index.search(session, user.id, q, kind or [], limit)
    return SearchResults(query=q, total=len(hits), hits=hits)


@router.get("/fuzzy")
async def fuzzy(
    user: CurrentUser,
    session: Session,
    q: Words,
    threshold: Annotated[int, Query(ge=0, le=100)] = 60,
    limit: Limit = 20,
) -> SearchResults:
    hits = await fuzzy_search(session, user.id, q, threshold, limit)
    return SearchResults(query=q, total=len(hits), hits=hits)


@router.post("/reindex")
async def reindex(user: CurrentUser, session: Session) -> dict[str, int]:
    count = await search_index.reindex(session, user.id)
    await session.commit()
    return {"indexed": count}
