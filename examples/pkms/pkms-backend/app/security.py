"""Password hashes and access tokens."""

from datetime import UTC, datetime, timedelta

from jose import JWTError, jwt
from passlib.context import CryptContext

ALGORITHM = "HS256"

_passwords = CryptContext(schemes=["bcrypt"], deprecated="auto")


def hash_password(password: str, rounds: int) -> str:
    return _passwords.using(bcrypt__rounds=rounds).hash(password)


def verify_password(password: str, password_hash: str) -> bool:
    return _passwords.verify(password, password_hash)


def create_token(user_id: str, key: str, minutes: int) -> str:
    expires = datetime.now(UTC) + timedelta(minutes=minutes)
    return jwt.encode({"sub": user_id, "exp": expires}, key, algorithm=ALGORITHM)


def read_token(token: str, key: str) -> str | None:
    """The user's id, or None for a token that is forged, expired or no token at all."""
    try:
        return jwt.decode(token, key, algorithms=[ALGORITHM]).get("sub")
    except JWTError:
        return None
