import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.security import create_token
from tests.conftest import sign_in
from tests.factories import RegistrationFactory

REGISTER, LOGIN, ME = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/me"


async def test_only_the_first_account_is_an_administrators(
    client: AsyncClient, other: AsyncClient
) -> None:
    assert (await client.get(ME)).json()["is_admin"] is True
    assert (await other.get(ME)).json()["is_admin"] is False


async def test_passwords_are_not_given_out(client: AsyncClient) -> None:
    assert "password" not in (await client.get(ME)).text


async def test_a_name_is_given_once(anonymous: AsyncClient) -> None:
    account = RegistrationFactory()
    assert (await anonymous.post(REGISTER, json=account)).status_code == 201
    assert (await anonymous.post(REGISTER, json=account)).status_code == 409


@pytest.mark.parametrize(
    "wrong", [{"username": "a"}, {"email": "no address"}, {"password": "short"}]
)
async def test_bad_registrations(anonymous: AsyncClient, wrong: dict[str, str]) -> None:
    answer = await anonymous.post(REGISTER, json=RegistrationFactory(**wrong))
    assert answer.status_code == 422


async def test_wrong_password(anonymous: AsyncClient) -> None:
    account = await sign_in(anonymous)
    answer = await anonymous.post(LOGIN, data=account | {"password": "something else"})
    assert answer.status_code == 401


@pytest.mark.parametrize("case", ["garbage", "expired", "other key", "no such user"])
async def test_bad_tokens(anonymous: AsyncClient, case: str) -> None:
    tokens = {
        "garbage": "garbage",
        "expired": create_token("x", "only-for-tests", -1),
        "other key": create_token("x", "another key", 5),
        "no such user": create_token("x", "only-for-tests", 5),
    }
    answer = await anonymous.get(ME, headers={"Authorization": f"Bearer {tokens[case]}"})
    assert answer.status_code == 401


async def test_change_of_password(app: FastAPI, anonymous: AsyncClient) -> None:
    account = await sign_in(anonymous)
    path, new = "/api/v1/auth/password", "a better password"
    body = {"current_password": "wrong", "new_password": new}
    assert (await anonymous.put(path, json=body)).status_code == 400
    body["current_password"] = account["password"]
    assert (await anonymous.put(path, json=body)).status_code == 204
    assert (await anonymous.post(LOGIN, data=account)).status_code == 401
    account["password"] = new
    assert (await anonymous.post(LOGIN, data=account)).status_code == 200
