from textwrap import dedent

import pytest

from jettison.errors import UnsupportedError
from jettison.formats.compose import parse
from jettison.lower.compose_files import development_compose, production_compose
from jettison.plan.changes import AddDevelopment, HardenService

ORIGINAL = """\
version: "3.8"

services:
  # The back end
  api:
    build: ./backend
    container_name: shop-api
    command: uvicorn app.main:app --host 0.0.0.0 --port ${PORT:-8000} --reload
    ports:
      - "8000:8000"
    volumes:
      # Uploads
      - uploads:/app/uploads
      # Source, for hot reload
      - ./backend:/app
      # Keep the host's environment out
      - /app/.venv
      # Docker socket, for backups
      - /var/run/docker.sock:/var/run/docker.sock
    restart: unless-stopped
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
      interval: 30s

  worker:
    build:
      context: backend
      target: worker
    command: celery -A app worker

  db:
    image: postgres:16
    container_name: shop-db

volumes:
  uploads:
    name: shop_uploads
  cache:

networks:
  default:
    name: shop
"""

FILE = "docker-compose.yml"
HEALTH = ("CMD", "python", "-c", "import app.health")


def test_production() -> None:
    change = HardenService(
        service="api",
        mounts=("/app", "/var/run/docker.sock"),
        health_check=HEALTH,
        volumes=(("api_logs", "/app/logs"), ("api_uploads", "/app/uploads")),
    )
    text = production_compose(ORIGINAL, change, FILE)
    assert text == ORIGINAL.replace(" --reload\n", "\n").replace(
        """\
      # Source, for hot reload
      - ./backend:/app
      # Keep the host's environment out
      - /app/.venv
      # Docker socket, for backups
      - /var/run/docker.sock:/var/run/docker.sock
""",
        """\
      - api_logs:/app/logs
""",
    ).replace(
        """\
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
      interval: 30s
""",
        """\
      test: ["CMD", "python", "-c", "import app.health"]
      interval: 30s
    # The image stays as it was built; what is written goes to the volumes and to /tmp
    read_only: true
    tmpfs:
      - /tmp
    # Serving needs no capability, and no way to gain one
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
""",
    ).replace("  cache:\n", "  cache:\n  api_logs:\n")


def test_production_twice_changes_nothing() -> None:
    change = HardenService(service="api", mounts=("/app",))
    once = production_compose(ORIGINAL, change, FILE)
    assert production_compose(once, change, FILE) == once


def test_production_keeps_what_the_user_has_set() -> None:
    text = dedent("""\
        services:
          web:
            image: web
            read_only: true
            tmpfs: /tmp:size=64m
            cap_drop: [NET_RAW]
            security_opt: ["no-new-privileges:true"]
        """)
    assert production_compose(text, HardenService(service="web", mounts=()), FILE) == text


def test_production_can_keep_capabilities() -> None:
    change = HardenService(service="db", mounts=(), restricted=False)
    text = production_compose(ORIGINAL, change, FILE)
    (db,) = [one for one in parse(text, file="f").services if one.name == "db"]
    assert (db.read_only, db.cap_drop) == (True, ())


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(UnsupportedError, match="no service web"):
        production_compose(ORIGINAL, HardenService(service="web", mounts=()), FILE)


def test_development() -> None:
    change = AddDevelopment(command=(), compose=ORIGINAL, source_mount=".:/app")
    text = development_compose(change, service="api", project="shop", dockerfile="Dockerfile.dev")
    assert text.startswith(
        "# Development: docker-compose -f docker-compose.dev.yml up --build\n\n"
        'name: shop-dev\n\nversion: "3.8"\n'
    )
    file = parse(text, file="docker-compose.dev.yml")
    api, worker, db = file.services
    assert file.name == "shop-dev"
    assert (api.container_name, worker.container_name, db.container_name) == (
        "shop-api-dev",
        None,
        "shop-db-dev",
    )
    assert [mount.target for mount in api.volumes] == ["/app/uploads", "/app", "/app/.venv"]
    for service in (api, worker):
        assert service.build is not None
        assert (service.build.dockerfile, service.build.target) == ("Dockerfile.dev", None)
    assert api.command is not None
    assert api.command.words[-1] == "--reload"
    assert "${PORT:-8000} --reload" in text
    assert "name: shop_uploads-dev" in text
    assert "name: shop-dev\n" in text.split("networks:")[1]
    assert (db.build, db.image) == (None, "postgres:16")


def test_development_of_a_service_that_has_neither_mount_nor_command() -> None:
    change = AddDevelopment(
        command=("uvicorn", "a:b", "--port", "$PORT", "--reload"),
        compose="services:\n  web:\n    build: .\n    image: web:1\n    read_only: true\n",
        source_mount="./src:/app",
        health_check=HEALTH,
    )
    text = development_compose(change, service="web", project="p", dockerfile="Dockerfile.dev")
    assert text == dedent("""\
        # Development: docker-compose -f docker-compose.dev.yml up --build

        name: p-dev

        services:
          web:
            build:
              context: .
              dockerfile: Dockerfile.dev
            image: web:1-dev
            # Source code, so that changes show without a rebuild
            volumes:
              - ./src:/app
        """)
