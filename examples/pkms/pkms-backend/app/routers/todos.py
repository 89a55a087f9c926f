"""Todos."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, status
from sqlalchemy import func, select

from app.dependencies import CurrentUser, PageDep, Session, SettingsDep, owned_or_404
from app.models import Tag, Todo, now
from app.schemas import TodoIn, TodoOut, TodoPatch, TodoStats
from app.services.search_index import index, unindex
from app.services.tagging import tags_by_name

router = APIRouter(prefix="/todos", tags=["todos"])


@router.get("")
async def list_todos(
    user: CurrentUser,
    session: Session,
    page: PageDep,
    completed: bool | None = None,
    tag: Annotated[str | None, Query(max_length=60)] = None,
) -> list[TodoOut]:
    query = select(Todo).where(Todo.user_id == user.id)
    if completed is not None:
        done = Todo.completed_at.is_not(None)
        query = query.where(done if completed else ~done)
    if tag:
        query = query.where(Todo.tags.any(Tag.name == tag.lower()))
    query = query.order_by(Todo.due_on.is_(None), Todo.due_on, Todo.priority.desc(), Todo.id)
    rows = await session.scalars(query.limit(page.limit).offset(page.offset))
    return [TodoOut.model_validate(todo) for todo in rows]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_todo(body: TodoIn, user: CurrentUser, session: Session) -> TodoOut:
    todo = Todo(
        **body.model_dump(exclude={"tags"}),
        user_id=user.id,
        tags=await tags_by_name(session, user.id, body.tags),
    )
    session.add(todo)
    await index(session, todo)
    await session.commit()
    return TodoOut.model_validate(todo)


@router.get("/stats")
async def todo_stats(user: CurrentUser, session: Session, settings: SettingsDep) -> TodoStats:
    """How many are open, done and late, by the calendar of the installation's time zone."""
    today = datetime.now(settings.timezone).date()
    is_open = Todo.completed_at.is_(None)
    row = (
        await session.execute(
            select(
                func.count().filter(is_open),
                func.count().filter(~is_open),
                func.count().filter(is_open, Todo.due_on < today),
            )
            .select_from(Todo)
            .where(Todo.user_id == user.id)
        )
    ).one()
    return TodoStats(open=row[0], completed=row[1], overdue=row[2])


@router.get("/{todo_id}")
async def get_todo(todo_id: str, user: CurrentUser, session: Session) -> TodoOut:
    return TodoOut.model_validate(await owned_or_404(session, Todo, todo_id, user))


@router.patch("/{todo_id}")
async def update_todo(
    todo_id: str, body: TodoPatch, user: CurrentUser, session: Session
) -> TodoOut:
    todo = await owned_or_404(session, Todo, todo_id, user)
    changes = body.model_dump(exclude_none=True)
    completed = changes.pop("completed", None)
    if completed is not None:
        changes["completed_at"] = (todo.completed_at or now()) if completed else None
    if "tags" in changes:
        changes["tags"] = await tags_by_name(session, user.id, changes["tags"])
    for field, value in changes.items():
        setattr(todo, field, value)
    await index(session, todo)
    await session.commit()
    return TodoOut.model_validate(todo)


@router.delete("/{todo_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_todo(todo_id: str, user: CurrentUser, session: Session) -> None:
    todo = await owned_or_404(session, Todo, todo_id, user)
    await unindex(session, todo)
    await session.delete(todo)
    await session.commit()
