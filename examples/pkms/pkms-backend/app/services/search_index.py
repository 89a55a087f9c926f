"""Full-text search with SQLite's FTS5."""

import re
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import DiaryEntry, Document, Note, Todo
from app.schemas import Kind, SearchHit
from app.services.sanitize import plain_text

_WORD = re.compile(r"\w+", re.UNICODE)

_DELETE = text("DELETE FROM search_index WHERE kind = :kind AND item_id = :id")
_INSERT = text(
    "INSERT INTO search_index (title, body, user_id, kind, item_id) "
    "VALUES (:title, :body, :user_id, :kind, :id)"
)
_SEARCH = """
SELECT kind, item_id, title, snippet(search_index, 1, '<mark>', '</mark>', '…', 12) AS snippet,
       bm25(search_index, 4.0, 1.0) AS score
FROM search_index
WHERE search_index MATCH :query AND user_id = :user_id {kinds}
ORDER BY score LIMIT :limit
"""

Indexed = Note | Todo | DiaryEntry | Document


def describe(item: Indexed) -> tuple[Kind, str, str]:
    """Kind, title and text of an item."""
    match item:
        case Note():
            return "note", item.title, plain_text(item.content)
        case Todo():
            return "todo", item.title, item.description
        case DiaryEntry():
            return "diary", item.title or item.day.isoformat(), plain_text(item.content)
        case Document():
            return "document", item.title, f"{item.filename}\n{item.text}"


async def index(session: AsyncSession, item: Indexed) -> None:
    """Put an item into the index, in place of what was there for it.

    The caller commits, so that item and index change together.
    """
    kind, title, body = describe(item)
    await session.flush()
    await session.execute(_DELETE, {"kind": kind, "id": item.id})
    await session.execute(
        _INSERT,
        {"title": title, "body": body, "user_id": item.user_id, "kind": kind, "id": item.id},
    )


async def unindex(session: AsyncSession, item: Indexed) -> None:
    kind, _, _ = describe(item)
    await session.execute(_DELETE, {"kind": kind, "id": item.id})


async def reindex(session: AsyncSession, user_id: str) -> int:
    """Make a user's part of the index anew; return how many items it has."""
    await session.execute(
        text("DELETE FROM search_index WHERE user_id = :user_id"), {"user_id": user_id}
    )
    count = 0
    models: tuple[type[Indexed], ...] = (Note, Todo, DiaryEntry, Document)
    for model in models:
        items: list[Any] = [*await session.scalars(select(model).where(model.user_id == user_id))]
        for item in items:
            await index(session, item)
        count += len(items)
    return count


def match_expression(query: str) -> str | None:
    """FTS5's query for what a person typed: every word must occur, the last may be unfinished."""
    words = _WORD.findall(query)
    if not words:
        return None
    *whole, last = (f'"{word}"' for word in words)
    return " AND ".join([*whole, f"{last}*"])


async def search(
    session: AsyncSession, user_id: str, query: str, kinds: list[Kind], limit: int
) -> list[SearchHit]:
    expression = match_expression(query)
    if expression is None:
        return []
    parameters: dict[str, object] = {"query": expression, "user_id": user_id, "limit": limit}
    clause = ""
    if kinds:
        clause = "AND kind IN (" + ", ".join(f":kind{n}" for n in range(len(kinds))) + ")"
        parameters |= {f"kind{n}": kind for n, kind in enumerate(kinds)}
    rows = await session.execute(text(_SEARCH.format(kinds=clause)), parameters)
    return [
        # bm25 is smaller for better matches
        SearchHit(kind=r.kind, id=r.item_id, title=r.title, snippet=r.snippet, score=-r.score)
        for r in rows
    ]
