"""Sign-up, login and the user's own account."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, status
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy import func, or_, select

from app.dependencies import CurrentUser, Session, SettingsDep
from app.models import User, now
from app.rate_limits import auth_limit, limiter
from app.schemas import PasswordChange, Registration, Token, UserOut
from app.security import create_token, hash_password, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=status.HTTP_201_CREATED)
@limiter.limit(auth_limit)
async def register(
    request: Request, body: Registration, session: Session, settings: SettingsDep
) -> UserOut:
    """Make an account. The first one is the administrator's."""
    taken = await session.scalar(
        select(User.id).where(or_(User.username == body.username, User.email == body.email))
    )
    if taken:
        raise HTTPException(status.HTTP_409_CONFLICT, "That name or address is taken")
    user = User(
        username=body.username,
        email=body.email,
        password_hash=await asyncio.to_thread(hash_password, body.password, settings.bcrypt_rounds),
        is_admin=await session.scalar(select(func.count(User.id))) == 0,
    )
    session.add(user)
    await session.commit()
    return UserOut.model_validate(user)


@router.post("/login")
@limiter.limit(auth_limit)
async def login(
    request: Request,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    session: Session,
    settings: SettingsDep,
) -> Token:
    user = await session.scalar(select(User).where(User.username == form.username))
    if user is None or not await asyncio.to_thread(
        verify_password, form.password, user.password_hash
    ):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Wrong name or password")
    user.last_login_at = now()
    await session.commit()
    minutes = settings.access_token_minutes
    return Token(
        access_token=create_token(user.id, request.app.state.signing_key, minutes),
        expires_in=minutes * 60,
    )


@router.get("/me")
async def me(user: CurrentUser) -> UserOut:
    return UserOut.model_validate(user)


@router.put("/password", status_code=status.HTTP_204_NO_CONTENT)
@limiter.limit(auth_limit)
async def change_password(
    request: Request,
    body: PasswordChange,
    user: CurrentUser,
    session: Session,
    settings: SettingsDep,
) -> None:
    if not await asyncio.to_thread(verify_password, body.current_password, user.password_hash):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "The current password is wrong")
    user.password_hash = await asyncio.to_thread(
        hash_password, body.new_password, settings.bcrypt_rounds
    )
    await session.commit()
