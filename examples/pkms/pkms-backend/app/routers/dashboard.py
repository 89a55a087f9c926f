"""What a user has, in numbers."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import ColumnElement, func, select

from app.dependencies import CurrentUser, Session, SettingsDep
from app.models import DiaryEntry, Document, Note, Todo
from app.schemas import Dashboard

router = APIRouter(prefix="/dashboard", tags=["dashboard"])

Owned = Note | Todo | DiaryEntry | Document


@router.get("")
async def dashboard(user: CurrentUser, session: Session, settings: SettingsDep) -> Dashboard:
    async def count(model: type[Owned], *conditions: ColumnElement[bool]) -> int:
        query = select(func.count(model.id)).where(model.user_id == user.id, *conditions)
        return await session.scalar(query) or 0

    today = datetime.now(settings.timezone).date()
    stored = await session.scalar(
        select(func.coalesce(func.sum(Document.size), 0)).where(Document.user_id == user.id)
    )
    return Dashboard(
        notes=await count(Note, Note.is_archived.is_(False)),
        open_todos=await count(Todo, Todo.completed_at.is_(None)),
        diary_entries=await count(DiaryEntry),
        documents=await count(Document),
        storage_bytes=stored or 0,
        wrote_today=await count(DiaryEntry, DiaryEntry.day == today) > 0,
    )
