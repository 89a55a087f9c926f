"""What a compose file has run beside the application."""

from __future__ import annotations

from base_needs import project_of
from msgspec.structs import replace

from jettison.lift import Project
from jettison.verify.compose_services import needed_services, workers_of
from jettison.verify.request import NeededService, Worker

COMPOSE = """
services:
  web:
    build: .
    environment:
      DATABASE_URL: postgresql://app:secret@db:5432/app
      CACHE: "cache.example:6379"
    depends_on: [broker]
  worker:
    build: .
    command: celery -A tasks worker
    working_dir: /srv/tasks
    environment:
      QUEUE: redis://queue/0
  beat:
    build: .
    entrypoint: ["celery", "-A", "tasks", "beat"]
  again:
    build: .
  db:
    image: registry.example/library/postgres:16-alpine@sha256:aa
    environment:
      POSTGRES_PASSWORD: secret
      FROM_OUTSIDE:
    depends_on: [tuning]
  tuning:
    image: tuner:1
    expose: ["81"]
  queue:
    image: redis
    command: redis-server --appendonly no
  broker:
    image: own/broker
    ports: ["127.0.0.1:9000:9001"]
  cache:
    image: memcached
  hits:
    image: acme/redismore
    ports: ["6379:6379"]
  figures:
    image: acme/redis-exporter
    ports: ["9121:9121"]
  inspection:
    image: redis
    profiles: [inspect]
  frontend:
    image: nginx
    depends_on: [web]
"""


def project(compose: str = COMPOSE, service: str = "web") -> Project:
    plain = project_of("FROM python:3.11-slim\n", {"compose.yaml": compose})
    return replace(plain, compose_path="compose.yaml", service=service)


def test_services_that_the_application_names_or_that_start_with_it_run_beside_it() -> None:
    found = {one.name: one for one in needed_services(project())}
    assert list(found) == ["broker", "tuning", "db", "queue", "cache", "hits"]
    assert found["db"] == NeededService(
        name="db",
        image="registry.example/library/postgres:16-alpine@sha256:aa",
        environment={"POSTGRES_PASSWORD": "secret"},
        port=5432,
    )
    assert found["queue"].command == ("redis-server", "--appendonly", "no")


def test_the_port_is_the_usual_one_or_else_one_that_is_declared() -> None:
    ports = {one.name: one.port for one in needed_services(project())}
    assert ports == {
        "broker": 9001, "tuning": 81, "db": 5432, "queue": 6379, "cache": 11211, "hits": 6379
    }  # fmt: skip


def test_a_circle_of_dependencies_ends() -> None:
    text = (
        "services:\n  web: {build: ., depends_on: [a]}\n"
        "  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n"
    )
    assert [one.name for one in needed_services(project(text))] == ["b", "a"]


def test_other_commands_of_the_image_are_workers() -> None:
    assert workers_of(project()) == (
        Worker(
            name="worker",
            command=("celery", "-A", "tasks", "worker"),
            environment={"QUEUE": "redis://queue/0"},
            directory="/srv/tasks",
        ),
        Worker(name="beat", entrypoint=("celery", "-A", "tasks", "beat")),
    )


def test_a_project_without_a_compose_file_has_neither() -> None:
    plain = project_of("FROM python:3.11-slim\n")
    assert needed_services(plain) == ()
    assert workers_of(plain) == ()


def test_a_service_that_builds_on_a_known_image_is_that_with_its_scripts() -> None:
    compose = """
services:
  web:
    build: ./project
    depends_on: [db, own]
  db:
    build: ./db
    volumes: ["./sql/first.sql:/docker-entrypoint-initdb.d/1.sql", "data:/var/lib/postgresql"]
  own:
    build: ./own
volumes:
  data:
"""
    texts = {
        "compose.yaml": compose,
        "db/Dockerfile": "FROM postgres:16\nADD create.sql /docker-entrypoint-initdb.d/\n",
        "own/Dockerfile": "FROM python:3.13\n",
    }
    made = project_of("FROM python:3.11-slim\n", texts)
    (found,) = needed_services(replace(made, compose_path="compose.yaml", service="web"))
    assert (found.name, found.image, found.port) == ("db", "postgres:16", 5432)
    assert found.initial == ("db/create.sql", "sql/first.sql")
