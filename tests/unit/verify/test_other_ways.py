"""Values for the variables that an application needs and nothing sets."""

from __future__ import annotations

import pytest

from jettison.verify.other_ways import Needed, given, needs_of
from jettison.verify.request import Companion

SETTINGS = """
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_")
    database_host: str
    tokens: list[str]
    minutes: int
    debug: bool = False
    key: str = Field(..., alias="SHOP_SIGNING_KEY")
    name: str = Field("shop")
"""


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("import os\nx = os.environ['A']", {"A": ""}),
        ("import os\nx = os.getenv('A')\ny = os.getenv('B', 'b')", {"A": "getenv"}),
        ("from os import environ\nx = environ.get('A')\ny = environ.get('B', 1)", {"A": "get"}),
        ("import os\nos.environ['A'] = '1'", {}),
        ("x = int(os.environ['A'])", {"A": "int"}),
        (
            "from decouple import config\nx = config('A', cast=bool)\ny = config('B', default=1)",
            {"A": "bool"},
        ),
        ("env = Env()\nx = env.int('A')", {"A": "int"}),
        ("def f(:", {}),
    ],
)
def test_variables_without_a_default_are_found(text: str, needed: dict[str, str]) -> None:
    assert {one.name for one in needs_of(text)} >= needed.keys()
    kinds = {one.name: one.kind for one in needs_of(text) if one.kind in ("int", "bool")}
    assert kinds == {name: kind for name, kind in needed.items() if kind in ("int", "bool")}
    assert "B" not in {one.name for one in needs_of(text)}


def test_required_fields_of_settings_are_variables_by_their_prefix_or_alias() -> None:
    assert {Needed(name=one.name) for one in needs_of(SETTINGS)} == {
        Needed(name=name)
        for name in ("SHOP_DATABASE_HOST", "SHOP_TOKENS", "SHOP_MINUTES", "SHOP_SIGNING_KEY")
    }


def values(
    text: str, distributions: set[str], *companions: Companion
) -> tuple[dict[str, str], tuple[Companion, ...]]:
    found = given(["main.py"], {"main.py": text}.get, {"KNOWN"}, distributions, companions)
    return dict(found.variables), found.companions


def test_values_fit_their_kind_and_what_is_known_is_left() -> None:
    found, companions = values(f"{SETTINGS}\nimport os\nos.environ['KNOWN']", {"flask"})
    assert found["SHOP_TOKENS"].startswith('["')
    assert found["SHOP_MINUTES"].isdecimal()
    assert "KNOWN" not in found
    assert companions == ()


def test_an_address_leads_to_a_service_by_the_driver_that_is_required() -> None:
    text = "import os\nos.environ['DATABASE_URL'], os.environ['CELERY_BROKER_URL']"
    found, companions = values(text, {"psycopg2-binary", "redis"})
    assert found["DATABASE_URL"].startswith("postgresql://application:")
    assert found["CELERY_BROKER_URL"] == "redis://redis:6379/0"
    assert [(one.name, one.port) for one in companions] == [("redis", 6379), ("database", 5432)]
    assert values(text, {"flask"})[0]["DATABASE_URL"].startswith("sqlite:////tmp/")


def test_parts_lead_to_the_service_that_is_there() -> None:
    text = "import os\nos.environ['DB_HOST'], os.environ['DB_USER'], os.environ['DB_PASSWORD']"
    own = Companion(
        name="store",
        image="postgres:16",
        environment={"POSTGRES_USER": "mara", "POSTGRES_PASSWORD": "x"},
        port=5432,
    )
    found, companions = values(text, {"asyncpg"}, own)
    assert found == {"DB_HOST": "store", "DB_USER": "mara", "DB_PASSWORD": "x"}
    assert companions == (own,)
