from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.config import Settings
from app.main import create_app
from tests.conftest import make_client

PUBLIC = {"/", "/health", "/metrics", "/api/v1/auth/register", "/api/v1/auth/login"}


async def test_root_names_the_application(anonymous: AsyncClient) -> None:
    assert (await anonymous.get("/")).json()["name"] == "PKMS"


async def test_health_needs_no_login(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["time"].endswith("+05:45")


async def test_health_tells_when_the_database_is_gone(
    app: FastAPI, anonymous: AsyncClient, settings: Settings
) -> None:
    await app.state.database.dispose()
    settings.database_path.unlink()
    settings.database_path.mkdir()
    answer = await anonymous.get("/health")
    assert answer.status_code == 503
    assert answer.json()["database"] is False


async def test_metrics_count_requests_by_route(anonymous: AsyncClient) -> None:
    await anonymous.get("/health")
    text = (await anonymous.get("/metrics")).text
    assert 'pkms_requests_total{method="GET",route="/health",status="200"} 1.0' in text


async def test_answers_carry_the_request_id(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/", headers={"x-request-id": "abc"})
    assert answer.headers["x-request-id"] == "abc"
    assert (await anonymous.get("/")).headers["x-request-id"] != "abc"


async def test_every_other_route_needs_a_login(app: FastAPI, anonymous: AsyncClient) -> None:
    for path, operations in app.openapi()["paths"].items():
        if path in PUBLIC:
            continue
        for method in operations:
            answer = await anonymous.request(method, path.replace("{day}", "2024-12-14"))
            assert answer.status_code == 401, (method, path)


async def test_documentation_is_served(anonymous: AsyncClient) -> None:
    assert (await anonymous.get("/openapi.json")).status_code == 200
    assert (await anonymous.get("/docs")).status_code == 200


async def test_a_second_start_keeps_data_and_key(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key=None, log_level="ERROR")
    keys = []
    for _ in range(2):
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            keys.append(app.state.signing_key)
    assert keys[0] == keys[1]
    assert (tmp_path / "pkms.db").exists()


async def test_too_many_logins_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.rate_limits.get_settings", lambda: settings)
    settings.auth_rate_limit = "2/minute"
    settings.rate_limit_enabled = True
    app = create_app(settings)
    async with app.router.lifespan_context(app), make_client(app) as client:
        form = {"username": "nobody", "password": "nothing"}
        codes = [(await client.post("/api/v1/auth/login", data=form)).status_code for _ in range(3)]
    assert codes == [401, 401, 429]
