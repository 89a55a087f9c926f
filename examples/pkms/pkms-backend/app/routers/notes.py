"""Notes."""

from typing import Annotated

from fastapi import APIRouter, Query, status
from sqlalchemy import select

from app.dependencies import CurrentUser, PageDep, Session, owned_or_404
from app.models import Note, Tag
from app.schemas import NoteIn, NoteOut, NotePatch
from app.services.sanitize import clean_html
from app.services.search_index import index, unindex
from app.services.tagging import tags_by_name

router = APIRouter(prefix="/notes", tags=["notes"])


@router.get("")
async def list_notes(
    user: CurrentUser,
    session: Session,
    page: PageDep,
    tag: Annotated[str | None, Query(max_length=60)] = None,
    archived: bool = False,
) -> list[NoteOut]:
    query = select(Note).where(Note.user_id == user.id, Note.is_archived == archived)
    if tag:
        query = query.where(Note.tags.any(Tag.name == tag.lower()))
    query = query.order_by(Note.is_pinned.desc(), Note.updated_at.desc(), Note.id)
    rows = await session.scalars(query.limit(page.limit).offset(page.offset))
    return [NoteOut.model_validate(note) for note in rows]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(body: NoteIn, user: CurrentUser, session: Session) -> NoteOut:
    note = Note(
        user_id=user.id,
        title=body.title,
        content=clean_html(body.content),
        is_pinned=body.is_pinned,
        is_archived=False,
        tags=await tags_by_name(session, user.id, body.tags),
    )
    session.add(note)
    await index(session, note)
    await session.commit()
    return NoteOut.model_validate(note)


@router.get("/{note_id}")
async def get_note(note_id: str, user: CurrentUser, session: Session) -> NoteOut:
    return NoteOut.model_validate(await owned_or_404(session, Note, note_id, user))


@router.patch("/{note_id}")
async def update_note(
    note_id: str, body: NotePatch, user: CurrentUser, session: Session
) -> NoteOut:
    note = await owned_or_404(session, Note, note_id, user)
    changes = body.model_dump(exclude_none=True)
    if "content" in changes:
        changes["content"] = clean_html(changes["content"])
    if "tags" in changes:
        changes["tags"] = await tags_by_name(session, user.id, changes["tags"])
    for field, value in changes.items():
        setattr(note, field, value)
    await index(session, note)
    await session.commit()
    return NoteOut.model_validate(note)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: str, user: CurrentUser, session: Session) -> None:
    note = await owned_or_404(session, Note, note_id, user)
    await unindex(session, note)
    await session.delete(note)
    await session.commit()
