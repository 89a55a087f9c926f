"""Tags."""

from fastapi import APIRouter, HTTPException, status
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError

from app.dependencies import CurrentUser, Session, owned_or_404
from app.models import Tag, document_tags, note_tags, todo_tags
from app.schemas import TagIn, TagOut, TagPatch, TagWithCounts

router = APIRouter(prefix="/tags", tags=["tags"])


def _count(link: Table):
    return select(func.count()).select_from(link).where(link.c.tag_id == Tag.id).scalar_subquery()


@router.get("")
async def list_tags(user: CurrentUser, session: Session) -> list[TagWithCounts]:
    rows = await session.execute(
        select(Tag, _count(note_tags), _count(todo_tags), _count(document_tags))
        .where(Tag.user_id == user.id)
        .order_by(Tag.name)
    )
    return [
        TagWithCounts(
            id=tag.id,
            name=tag.name,
            color=tag.color,
            notes=notes,
            todos=todos,
            documents=documents,
        )
        for tag, notes, todos, documents in rows
    ]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_tag(body: TagIn, user: CurrentUser, session: Session) -> TagOut:
    tag = Tag(user_id=user.id, name=body.name, color=body.color)
    session.add(tag)
    await _commit_unique(session)
    return TagOut.model_validate(tag)


@router.patch("/{tag_id}")
async def update_tag(tag_id: str, body: TagPatch, user: CurrentUser, session: Session) -> TagOut:
    tag = await owned_or_404(session, Tag, tag_id, user)
    for field, value in body.model_dump(exclude_none=True).items():
        setattr(tag, field, value)
    await _commit_unique(session)
    return TagOut.model_validate(tag)


@router.delete("/{tag_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_tag(tag_id: str, user: CurrentUser, session: Session) -> None:
    """Delete a tag. What carried it stays."""
    await session.delete(await owned_or_404(session, Tag, tag_id, user))
    await session.commit()


async def _commit_unique(session: Session) -> None:
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "A tag of that name exists") from error
