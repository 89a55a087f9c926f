"""The compose file as it is run."""

from __future__ import annotations

import pytest
from base_needs import project_of
from msgspec.structs import replace

from jettison.verify.compose_services import as_run, environment, needed_services

COMPOSE = """
services:
  web:
    build: ..
    env_file: [web.env, ./absent.env]
    environment:
      MODE: production
      NAME: ${NAME:-nobody}
      HANDED_ON: ${HANDED_ON}
  db:
    image: postgres:${VERSION}
    environment: {POSTGRES_PASSWORD: "${SECRET}"}
"""
FILES = {
    "deploy/compose.yaml": COMPOSE,
    "deploy/.env": "VERSION=16\nSECRET=s3cret\n",
    "deploy/web.env": "MODE=development\nDATABASE_URL=postgresql://db/app\n",
}


def web(files: dict[str, str]) -> dict[str, str]:
    plain = project_of("FROM python:3.11-slim\n", files)
    compose = as_run(replace(plain, compose_path="deploy/compose.yaml", service="web"))
    service = compose.service("web") if compose else None
    assert service is not None
    return environment(service)


def test_environment_files_come_first_and_the_service_wins() -> None:
    assert web(FILES) == {
        "MODE": "production",
        "NAME": "nobody",
        "DATABASE_URL": "postgresql://db/app",
    }


@pytest.mark.parametrize("ending", [".example", ".sample", ".template", ".dist"])
def test_an_example_stands_for_a_file_with_secrets(ending: str) -> None:
    files = {f"{name}{ending}" if name.endswith("env") else name: t for name, t in FILES.items()}
    assert web(files) == web(FILES)


def test_a_file_that_is_no_environment_file_has_nothing() -> None:
    assert web({**FILES, "deploy/web.env": "'\n"}) == {"MODE": "production", "NAME": "nobody"}


def test_services_get_their_variables_too() -> None:
    plain = project_of("FROM python:3.11-slim\n", FILES)
    (found,) = needed_services(replace(plain, compose_path="deploy/compose.yaml", service="web"))
    assert (found.image, found.environment) == ("postgres:16", {"POSTGRES_PASSWORD": "s3cret"})


def test_without_a_compose_file_there_is_nothing_to_run() -> None:
    assert as_run(project_of("FROM python:3.11-slim\n")) is None
