"""Tags by name."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Tag


async def tags_by_name(session: AsyncSession, user_id: str, names: Iterable[str]) -> list[Tag]:
    """The user's tags of these names, in the order of the names; missing ones are made."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return []
    rows = await session.scalars(select(Tag).where(Tag.user_id == user_id, Tag.name.in_(wanted)))
    known = {tag.name: tag for tag in rows}
    for name in wanted:
        if name not in known:
            known[name] = Tag(user_id=user_id, name=name)
            session.add(known[name])
    return [known[name] for name in wanted]
