"""Values for the variables that an application needs and nothing sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from jettison.verify.other_ways import given, naming
from jettison.verify.request import NeededService, Surroundings, VerificationRequest, Worker
from jettison.verify.variables import variables_of

SETTINGS = """
from enum import Enum
from typing import Literal, Optional
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Mode(str, Enum):
    fast = "fast"

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_")
    database_host: str
    tokens: list[str]
    minutes: Optional[int]
    format: Literal["plain", "rich"]
    mode: Mode
    debug: bool = False
    key: str = Field(..., alias="SHOP_SIGNING_KEY")
    name: str = Field("shop")
    size: int = Field(default_factory=int)
    account: str = os.getenv("SHOP_ACCOUNT")
    region: str = os.getenv("SHOP_REGION", "eu")
    proxy: str | None = os.getenv("SHOP_PROXY")
"""


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("import os\nx = os.environ['A']", {"A": ""}),
        ("import os\nx = os.getenv('A')\ny = os.getenv('B', 'b')", {"A": ""}),
        ("from os import environ\nx = environ.get('A')\ny = environ.get('B', 1)", {"A": ""}),
        ("import os\nos.environ['A'] = '1'", {}),
        ("x = config('A', cast=bool)\ny = config('B', default=1)", {"A": "bool"}),
        ("env = Env()\nx = env.int('A')", {"A": "int"}),
        ("def f(:", {}),
        (
            "import os\nx = os.getenv('A', '')\nif not x:\n    raise Error('A is not set')",
            {"A": ""},
        ),
        ("import os\nx = os.getenv('A', 'a')\nif not x:\n    raise Error('A is not set')", {}),
        ("import os\nx = os.getenv('A', None)\ny = 'AB of this'", {}),
        (
            "import os\nx = os.getenv('APP_SECRET_KEY', ''), os.getenv('B', '')",
            {"APP_SECRET_KEY": ""},
        ),
    ],
)
def test_variables_without_a_default_are_found(text: str, needed: dict[str, str]) -> None:
    assert {one.name: one.kind for one in variables_of(text) if one.required} == needed


def test_required_fields_of_settings_are_variables_by_their_prefix_or_alias() -> None:
    found = {one.name: one for one in variables_of(SETTINGS)}
    assert {one.name for one in variables_of(SETTINGS) if one.certain} == {
        "SHOP_ACCOUNT",
        "SHOP_DATABASE_HOST",
        "SHOP_TOKENS",
        "SHOP_MINUTES",
        "SHOP_FORMAT",
        "SHOP_MODE",
        "SHOP_SIGNING_KEY",
    }
    assert found["SHOP_MINUTES"].kind == "int"
    assert (found["SHOP_FORMAT"].choice, found["SHOP_MODE"].choice) == ("plain", "fast")


def values(
    text: str, distributions: set[str], *services: NeededService
) -> tuple[dict[str, str], tuple[NeededService, ...]]:
    found = given(["main.py"], {"main.py": text}.get, {"KNOWN"}, distributions, services)
    return dict(found.variables), found.services


def test_values_fit_their_kind_and_what_is_known_is_left() -> None:
    found, services = values(f"{SETTINGS}\nimport os\nos.environ['KNOWN']", {"flask"})
    assert found["SHOP_TOKENS"].startswith('["')
    assert found["SHOP_MINUTES"].isdecimal()
    assert "KNOWN" not in found
    assert services == ()


@pytest.mark.parametrize(
    "text",
    [
        "x = [int(one) for one in config('A').split(',')]",
        "import os\nx = set(map(int, os.environ['A'].split()))",
        "import os\nx = tuple(int(one) for one in os.getenv('A').split(';'))",
    ],
)
def test_parts_of_a_value_have_a_kind(text: str) -> None:
    assert values(text, set())[0]["A"].isdecimal()


def test_an_address_leads_to_a_service_by_the_driver_that_is_required() -> None:
    text = "import os\nos.environ['DATABASE_URL'], os.environ['CELERY_BROKER_URL']"
    found, services = values(text, {"psycopg2-binary", "redis"})
    assert found["DATABASE_URL"].startswith("postgresql://application:")
    assert found["CELERY_BROKER_URL"] == "redis://redis:6379/0"
    assert [(one.name, one.port) for one in services] == [("redis", 6379), ("database", 5432)]
    assert values(text, {"flask"})[0]["DATABASE_URL"].startswith("sqlite:////tmp/")
    found, _ = values(text, {"psycopg2", "sqlalchemy"})
    assert found["DATABASE_URL"].startswith("postgresql+psycopg2://")


@pytest.mark.parametrize(
    "name", ["ASYNC_PG_LINK", "DB_CONN", "DB_CONN_STR", "SQL_CONNECTION_STRING"]
)
def test_an_address_has_other_names(name: str) -> None:
    found, services = values(f"import os\nos.environ['{name}']", {"asyncpg", "sqlalchemy"})
    assert found[name].startswith("postgresql+asyncpg://application:")
    assert [one.port for one in services] == [5432]


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("SYNC_DATABASE_URL", "psycopg2"),
        ("ASYNC_DATABASE_URL", "asyncpg"),
    ],
)
def test_a_name_says_which_kind_of_driver_it_is_for(name: str, driver: str) -> None:
    required = {"asyncpg", "psycopg2-binary", "sqlalchemy"}
    found, _ = values(f"import os\nos.environ['{name}']", required)
    assert found[name].startswith(f"postgresql+{driver}://")


def test_an_address_is_of_what_its_name_says_last() -> None:
    text = "import os\nos.environ['SYNC_CELERY_DATABASE_URI'], os.environ['DATABASE_CACHE_URL']"
    found, _ = values(text, {"asyncpg", "redis", "sqlalchemy"})
    assert found["SYNC_CELERY_DATABASE_URI"].startswith("postgresql+asyncpg://")
    assert found["DATABASE_CACHE_URL"].startswith("redis://")


def test_a_broker_of_messages_is_named_by_its_host() -> None:
    text = "import os\nos.getenv('MQTT_BROKER', 'localhost'), os.getenv('MQTT_PORT', 1883)"
    found, services = values(text, {"paho-mqtt"})
    assert found == {"MQTT_BROKER": "broker", "MQTT_PORT": "1883"}
    assert [one.image for one in services] == ["eclipse-mosquitto"]


def test_parts_lead_to_the_service_that_is_there() -> None:
    text = "import os\nos.environ['DB_HOST'], os.environ['DB_USER'], os.environ['DB_PASSWORD']"
    own = NeededService(
        name="store",
        image="postgres:16",
        environment={"POSTGRES_USER": "mara", "POSTGRES_PASSWORD": "x"},
        port=5432,
    )
    found, services = values(text, {"asyncpg"}, own)
    assert found == {"DB_HOST": "store", "DB_USER": "mara", "DB_PASSWORD": "x"}
    assert services == (own,)


def test_names_in_another_order_lead_to_a_service() -> None:
    text = "import os\nfor name in ('HOST', 'PORT', 'DB'):\n    pass\n" + "".join(
        f"os.environ['{name}']\n" for name in ("TEST_HOST_REDIS", "PORT_REDIS", "DB_REDIS")
    )
    found, services = values(text, {"redis"})
    assert found == {"TEST_HOST_REDIS": "redis", "PORT_REDIS": "6379", "DB_REDIS": "0"}
    assert [one.image for one in services] == ["redis"]


@pytest.mark.parametrize(
    ("known", "user", "database"),
    [
        ({}, "application", "application"),
        ({"POSTGRES_DB": "shop"}, "application", "shop"),
        ({"POSTGRES_PASSWORD": "x"}, "postgres", "postgres"),
        ({"POSTGRES_USER": "mara", "POSTGRES_PASSWORD": "x"}, "mara", "postgres"),
        ({"POSTGRES_HOST_AUTH_METHOD": "trust"}, "postgres", "postgres"),
    ],
)
def test_a_database_is_started_with_what_the_application_is_told(
    known: dict[str, str], user: str, database: str
) -> None:
    text = "import os\nos.environ['DB_USER'], os.environ['DB_NAME']"
    own = NeededService(name="db", image="postgres:16", port=5432, environment=known)
    found, (started,) = values(text, {"psycopg2"}, own)
    assert found == {"DB_USER": user, "DB_NAME": database}
    assert (started.environment.get("POSTGRES_USER") or "postgres") == user
    assert (started.environment.get("POSTGRES_DB") or database) == database


def test_a_default_that_leads_to_another_machine_is_replaced() -> None:
    text = "import os\nos.getenv('POSTGRES_HOST', 'db'), os.getenv('TITLE', 'x'), os.environ['KEY']"
    found, services = values(text, {"psycopg"})
    assert found["POSTGRES_HOST"] == "database"
    assert found.keys() == {"POSTGRES_HOST", "KEY"}
    assert [one.image for one in services] == ["postgres"]


def test_a_value_that_the_project_shows_comes_before_one_that_is_made_up() -> None:
    text = "import os\nx = os.environ['REGION']\ny = os.environ['ZONE']"
    found = given(("a.py",), {"a.py": text}.get, (), (), (), examples={"REGION": "eu-1"})
    assert found.variables["REGION"] == "eu-1"
    assert found.variables["ZONE"]


def test_what_a_source_may_do_without_is_set_when_an_error_names_it_or_nothing_else_helps() -> None:
    text = (
        "import os\nx = os.environ['KEY']\ny = os.environ.get('ZONE')\nz = os.getenv('QUEUE_DIR')"
    )
    found = given(("a.py",), {"a.py": text}.get, (), (), ())
    assert found.optional == {"ZONE", "QUEUE_DIR"}
    way = VerificationRequest(
        image_before="a", image_after="b", how="with sample values", environment=found.variables,
        samples=tuple(found.variables), optional=found.optional,
    )  # fmt: skip
    assert way.wanted(["no such thing"]) == set()
    taken = way.wanted(["RuntimeError: ZONE is not set"])
    some = way.with_samples(taken)
    assert some.environment.keys() == {"KEY", "ZONE"}
    assert some.how == "with sample values for KEY, ZONE"
    assert way.with_samples(way.optional).environment.keys() == {"KEY", "ZONE", "QUEUE_DIR"}
    only = replace(way, samples=("ZONE",), optional=frozenset({"ZONE"}))
    assert only.wanted([]) == {"ZONE"}


def test_what_fails_for_want_of_a_variable_fails_for_all_that_are_read_like_it() -> None:
    text = (
        "import os\nfrom decouple import config\na = config('A_KEY')\nb = config('B_KEY')\n"
        "c = config('C', default='')\nd = os.getenv('D_KEY')"
    )
    found = given(("a.py",), {"a.py": text}.get, (), (), ())
    way = VerificationRequest(
        image_before="a", image_after="b", environment=found.variables,
        samples=tuple(found.variables), optional=found.optional, failing=found.failing,
    )  # fmt: skip
    assert way.wanted(["UndefinedValueError: A_KEY not found"]) == {"A_KEY", "B_KEY"}
    assert way.wanted(["RuntimeError: D_KEY is not set"]) == {"D_KEY"}


def test_what_a_user_sets_comes_before_all_else_however_the_images_are_run() -> None:
    way = Surroundings(
        how="with sample values", ports=(8000,), environment={"A": "sample", "B": "sample"},
        samples=("A", "B"), optional=frozenset({"A"}),
    )  # fmt: skip
    asked = VerificationRequest(
        image_before="a", image_after="b", environment={"A": "compose", "C": "c"},
        volumes=("/data",), otherwise=(way,), workers=(Worker(name="w", environment={"A": "w"}),),
    )  # fmt: skip
    told = asked.given({"A": "mine"}, ["/data", "/logs"])
    assert told.environment == {"A": "mine", "C": "c"}
    assert told.volumes == ("/data", "/logs")
    assert told.workers[0].environment == {"A": "mine"}
    (other,) = told.otherwise
    assert (other.environment, other.samples) == ({"A": "mine", "B": "sample"}, ("B",))
    assert not other.optional


@pytest.mark.parametrize(
    ("error", "variables"),
    [
        ("KeyError: 'FEED_TOKEN'", {"FEED_TOKEN"}),
        ("acme.AcmeError: set the ACME_API_KEY environment variable", {"ACME_API_KEY"}),
        ("botocore.exceptions.NoRegionError: You must specify a region.", {"AWS_DEFAULT_REGION"}),
        ("KeyError: 'title'", set()),
        ("ssl.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", set()),
    ],
)
def test_variables_that_libraries_read_are_set_by_the_errors_that_name_them(
    error: str, variables: set[str]
) -> None:
    asked = VerificationRequest(image_before="a", image_after="b", environment={"MODE": "x"})
    way = naming(asked, [error])
    assert way.environment.keys() - {"MODE"} == set(way.samples) == variables
    assert way.how == ("with sample values" if variables else "")
    assert naming(way, [error]) == way


def test_variables_that_errors_name_lead_to_databases_and_caches() -> None:
    asked = VerificationRequest(
        image_before="a", image_after="b", distributions=frozenset({"redis", "asyncpg"})
    )
    missing = "ValidationError: no value for "
    way = naming(asked, [f"{missing}{name}" for name in ("DB_HOST", "DB_USER", "REDIS_PORT")])
    assert way.environment == {
        "DB_HOST": "database",
        "DB_USER": "application",
        "REDIS_PORT": "6379",
    }
    assert [one.name for one in way.services] == ["database", "redis"]
    way = naming(way, [f"{missing}REDIS_HOST"])
    assert way.environment["REDIS_HOST"] == "redis"
    assert len(way.services) == 2


def test_credentials_of_google_are_a_file_that_its_library_reads() -> None:
    asked = VerificationRequest(image_before="a", image_after="b", how="on port 80")
    error = "google.auth.exceptions.DefaultCredentialsError: Your default credentials"
    way = naming(asked, [error])
    file = way.mounted[way.environment["GOOGLE_APPLICATION_CREDENTIALS"]]
    assert json.loads(Path(file).read_text())["type"] == "authorized_user"
    assert way.how == "on port 80, with sample values"
