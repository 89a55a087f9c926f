from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.config import Settings
from app.main import create_app
from app.rate_limits import limiter
from tests.factories import RegistrationFactory


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        environment="test",
        data_dir=tmp_path / "data",
        database_url=None,
        secret_key="only-for-tests",
        bcrypt_rounds=4,
        rate_limit_enabled=False,
        max_upload_mb=1,
        backups_to_keep=3,
        log_level="ERROR",
        tz="Asia/Kathmandu",
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    limiter.reset()
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


def make_client(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://pkms")


async def sign_in(client: AsyncClient, **fields: str) -> dict[str, str]:
    """Register an account and send its token from now on."""
    account = RegistrationFactory(**fields)
    answer = await client.post("/api/v1/auth/register", json=account)
    assert answer.status_code == 201, answer.text
    answer = await client.post("/api/v1/auth/login", data=account)
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return account


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with make_client(app) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """The administrator: the first account."""
    async with make_client(app) as client:
        await sign_in(client)
        yield client


@pytest.fixture
async def other(app: FastAPI, client: AsyncClient) -> AsyncIterator[AsyncClient]:
    """A second account, without the first one's rights."""
    async with make_client(app) as second:
        await sign_in(second)
        yield second
