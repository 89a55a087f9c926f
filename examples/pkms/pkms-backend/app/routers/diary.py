"""The diary: one entry a day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, status
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dependencies import CurrentUser, PageDep, Session, SettingsDep
from app.models import DiaryEntry
from app.schemas import DiaryIn, DiaryOut, MoodStats
from app.services.sanitize import clean_html
from app.services.search_index import index, unindex

router = APIRouter(prefix="/diary", tags=["diary"])

OptionalDay = Annotated[date | None, Query()]


async def _entry(session: AsyncSession, user_id: str, day: date) -> DiaryEntry | None:
    return await session.scalar(
        select(DiaryEntry).where(DiaryEntry.user_id == user_id, DiaryEntry.day == day)
    )


async def _entry_or_404(session: AsyncSession, user_id: str, day: date) -> DiaryEntry:
    entry = await _entry(session, user_id, day)
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Nothing was written on {day}")
    return entry


@router.get("")
async def list_entries(
    user: CurrentUser,
    session: Session,
    page: PageDep,
    since: OptionalDay = None,
    until: OptionalDay = None,
) -> list[DiaryOut]:
    query = select(DiaryEntry).where(DiaryEntry.user_id == user.id)
    if since:
        query = query.where(DiaryEntry.day >= since)
    if until:
        query = query.where(DiaryEntry.day <= until)
    query = query.order_by(DiaryEntry.day.desc()).limit(page.limit).offset(page.offset)
    return [DiaryOut.model_validate(entry) for entry in await session.scalars(query)]


@router.get("/moods")
async def mood_stats(user: CurrentUser, session: Session) -> MoodStats:
    entries, average = (
        await session.execute(
            select(func.count(DiaryEntry.id), func.avg(DiaryEntry.mood)).where(
                DiaryEntry.user_id == user.id
            )
        )
    ).one()
    return MoodStats(entries=entries, average_mood=None if average is None else round(average, 2))


@router.get("/today")
async def today(user: CurrentUser, session: Session, settings: SettingsDep) -> DiaryOut | None:
    """Today's entry, where the day changes at midnight of the installation's time zone."""
    entry = await _entry(session, user.id, datetime.now(settings.timezone).date())
    return DiaryOut.model_validate(entry) if entry else None


@router.get("/{day}")
async def get_entry(day: date, user: CurrentUser, session: Session) -> DiaryOut:
    return DiaryOut.model_validate(await _entry_or_404(session, user.id, day))


@router.put("/{day}")
async def write_entry(day: date, body: DiaryIn, user: CurrentUser, session: Session) -> DiaryOut:
    """Write the day's entry, over what is there."""
    entry = await _entry(session, user.id, day)
    if entry is None:
        entry = DiaryEntry(user_id=user.id, day=day)
        session.add(entry)
    entry.title = body.title
    entry.content = clean_html(body.content)
    entry.mood = body.mood
    await index(session, entry)
    await session.commit()
    return DiaryOut.model_validate(entry)


@router.delete("/{day}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_entry(day: date, user: CurrentUser, session: Session) -> None:
    entry = await _entry_or_404(session, user.id, day)
    await unindex(session, entry)
    await session.delete(entry)
    await session.commit()
