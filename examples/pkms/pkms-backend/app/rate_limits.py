"""Rate limits by client address, kept in memory: there is one process."""

from slowapi import Limiter
from slowapi.util import get_remote_address

from app.config import get_settings

limiter = Limiter(key_func=get_remote_address)


def auth_limit() -> str:
    return get_settings().auth_rate_limit


def upload_limit() -> str:
    return get_settings().upload_rate_limit


def backup_limit() -> str:
    return get_settings().backup_rate_limit
