"""What routes ask for."""

from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Query, Request, status
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.metrics import Metrics
from app.models import Document, Note, Tag, Todo, User
from app.security import read_token

oauth2 = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login")


def current_settings(request: Request) -> Settings:
    return request.app.state.settings


def current_metrics(request: Request) -> Metrics:
    return request.app.state.metrics


async def db_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.database.sessions() as session:
        yield session


SettingsDep = Annotated[Settings, Depends(current_settings)]
MetricsDep = Annotated[Metrics, Depends(current_metrics)]
Session = Annotated[AsyncSession, Depends(db_session)]


async def current_user(
    request: Request, session: Session, token: Annotated[str, Depends(oauth2)]
) -> User:
    user_id = read_token(token, request.app.state.signing_key)
    user = await session.get(User, user_id) if user_id else None
    if user is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "Not a valid token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def current_admin(user: CurrentUser) -> User:
    if not user.is_admin:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Only an administrator may do this")
    return user


CurrentAdmin = Annotated[User, Depends(current_admin)]


class Page:
    """``limit`` and ``offset`` of a list route."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> None:
        self.limit = limit
        self.offset = offset


PageDep = Annotated[Page, Depends()]

Owned = TypeVar("Owned", Note, Todo, Tag, Document)


async def owned_or_404(session: AsyncSession, model: type[Owned], id_: str, user: User) -> Owned:
    """The user's row. Somebody else's row is as absent as none."""
    row = await session.scalar(select(model).where(model.id == id_, model.user_id == user.id))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"No such {model.__name__.lower()}")
    return row
