from textwrap import dedent

import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.compose import ComposeFile, Service, parse


def read(text: str, **env: str) -> ComposeFile:
    return parse(dedent(text), file="docker-compose.yml", env=env)


def service(keys: str, **env: str) -> Service:
    body = "".join(f"    {line}\n" for line in dedent(keys).splitlines())
    (one,) = read(f"services:\n  web:\n{body}", **env).services
    return one


def mounts(one: Service) -> list[tuple[str, str, str, bool, int | None]]:
    return [(m.kind, m.source, m.target, m.readonly, m.origin.line) for m in one.volumes]


def test_mounts_in_short_and_long_form() -> None:
    one = service("""\
        volumes:
          - .:/app
          - ${DATA_DIR:-./data}:/data:ro
          - cache:/root/.cache/:rw,z
          - /app/.venv   # hides the host's
          - ${UNKNOWN}:/x
          - C:\\src:/win
          - {type: bind, source: ./conf, target: /etc/conf, read_only: true}
          - type: volume
            target: /var/lib/
          - type: tmpfs
            target: /tmp
        """)
    assert mounts(one) == [
        ("bind", ".", "/app", False, 4),
        ("bind", "./data", "/data", True, 5),
        ("volume", "cache", "/root/.cache", False, 6),
        ("anonymous", "", "/app/.venv", False, 7),
        ("bind", "${UNKNOWN}", "/x", False, 8),
        ("bind", "C:\\src", "/win", False, 9),
        ("bind", "./conf", "/etc/conf", True, 10),
        ("anonymous", "", "/var/lib", False, 11),
        ("tmpfs", "", "/tmp", False, 13),
    ]


def test_a_build_can_be_a_context_alone() -> None:
    build = service("build: ./backend").build
    assert build is not None
    assert (build.context, build.dockerfile, build.target) == ("./backend", None, None)


def test_a_build_with_its_parts() -> None:
    build = service("""\
        build:
          context: ./backend
          dockerfile: docker/Dockerfile
          target: production
          args:
            - VERSION=${VERSION:-1}
            - TOKEN
        """).build
    assert build is not None
    assert (build.dockerfile, build.target) == ("docker/Dockerfile", "production")
    assert [(one.name, one.value) for one in build.args] == [("VERSION", "1"), ("TOKEN", None)]


@pytest.mark.parametrize(
    "written",
    [
        'command: ["uvicorn", "app.main:app", "--port", "8000"]',
        "command: uvicorn app.main:app --port 8000",
        "command: >\n  uvicorn app.main:app\n  --port '8000'",
        "command:\n  - uvicorn\n  - app.main:app\n  - --port\n  - 8000",
    ],
)
def test_commands_become_words(written: str) -> None:
    command = service(written).command
    assert command is not None
    assert command.words == ("uvicorn", "app.main:app", "--port", "8000")


def test_environment_as_mapping_and_as_list() -> None:
    as_mapping = service("environment:\n  A: 1\n  B: ${X:-y}\n  C:\n  D: ${UNKNOWN}\n")
    as_list = service('environment:\n  - A=1\n  - "B=${X:-y}"\n  - C\n  - D=${UNKNOWN}\n')
    expected = [("A", "1"), ("B", "y"), ("C", None), ("D", "${UNKNOWN}")]
    for one in (as_mapping, as_list):
        assert [(variable.name, variable.value) for variable in one.environment] == expected
        assert [variable.origin.line for variable in one.environment] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("written", "test", "disable"),
    [
        ('test: ["CMD", "curl", "-f", "http://x"]', ("CMD", "curl", "-f", "http://x"), False),
        ("test: curl -f http://x || exit 1", ("CMD-SHELL", "curl -f http://x || exit 1"), False),
        ("test: [NONE]", ("NONE",), True),
        ("disable: true", (), True),
    ],
)
def test_health_checks(written: str, test: tuple[str, ...], disable: bool) -> None:
    check = service(f"healthcheck:\n  {written}\n  interval: 30s\n  retries: 3\n").healthcheck
    assert check is not None
    assert (check.test, check.disable) == (test, disable)
    assert (check.origin.line, check.origin.end_line) == (3, 6)


def test_ports() -> None:
    one = service("""\
        ports:
          - "8000:80"
          - 127.0.0.1:8001:81/udp
          - 9000
          - 22:22
          - "[::1]:5000:5001"
          - {target: 80, published: "8080"}
        """)
    assert [(p.target, p.protocol) for p in one.ports] == [
        ("80", "tcp"),
        ("81", "udp"),
        ("9000", "tcp"),
        ("22", "tcp"),
        ("5001", "tcp"),
        ("80", "tcp"),
    ]


def test_the_other_keys() -> None:
    one = service(
        """\
        image: "web:${TAG}"
        container_name: web
        user: "10001:10001"
        read_only: true
        init: true
        tmpfs: /tmp
        cap_drop: [ALL]
        security_opt:
          - no-new-privileges:true
        restart: unless-stopped
        profiles: [dev, test]
        env_file:
          - .env
          - path: more.env
            required: false
        depends_on:
          db: {condition: service_healthy}
        links: [db, "cache:memory"]
        """,
        TAG="3",
    )
    assert (one.image, one.container_name, one.user) == ("web:3", "web", "10001:10001")
    assert (one.read_only, one.tmpfs, one.cap_drop) == (True, ("/tmp",), ("ALL",))
    assert one.security_opt == ("no-new-privileges:true",)
    assert one.profiles == ("dev", "test")
    assert one.env_file == (".env", "more.env")
    assert one.depends_on == ("db", "cache")
    origin = one.origin_of("security_opt")
    assert origin is not None
    assert (origin.line, origin.end_line) == (10, 11)


SHARED = """\
    name: shop
    x-app: &app
      image: app
      environment: &env
        A: "1"
      volumes:
        - .:/app
    services:
      web:
        <<: *app
        command: serve
      worker:
        <<: [*app]
        image: worker
        environment:
          <<: *env
          B: "2"
      beat:
        extends:
          service: worker
        environment: [B=3]
      cron:
        extends: web
      idle:
    volumes:
      data:
    """


def test_merge_keys_and_extended_services_are_filled_in() -> None:
    file = read(SHARED)
    assert (file.name, file.volumes) == ("shop", ("data",))
    summary = {
        one.name: (one.image, {v.name: v.value for v in one.environment}, len(one.volumes))
        for one in file.services
    }
    assert summary == {
        "web": ("app", {"A": "1"}, 1),
        "worker": ("worker", {"A": "1", "B": "2"}, 1),
        "beat": ("worker", {"A": "1", "B": "3"}, 1),
        "cron": ("app", {"A": "1"}, 1),
        "idle": (None, {}, 0),
    }


def test_facts_point_to_the_place_that_says_them() -> None:
    file = read(SHARED)
    web = file.service("web")
    assert web is not None
    assert web.origin.line == 9
    assert web.volumes[0].origin.line == 7
    command = web.origin_of("command")
    assert command is not None
    assert command.line == 11


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("services:\n  web:\n    image: [\n", "not valid YAML", 4),
        ("services:\n\tweb:\n", "not valid YAML", 2),
        ("services:\n  web: *nothing\n", "not valid YAML", 2),
        ("version: '3'\n", "no services in the compose file", None),
        ("- a\n", "the file has to be a mapping", 1),
        ("services: [web]\n", "services has to be a mapping", 1),
        ("services:\n  web: 3\n", "services.web has to be a mapping", 2),
        ("services:\n  web:\n    volumes: {a: b}\n", "services.web.volumes has to be a list", 3),
        ("services:\n  web:\n    image: {}\n", "services.web.image has to be text", 3),
        ("services:\n  web:\n    image: a\n    image: b\n", "the key 'image' is given twice", 4),
        ("services:\n  web:\n    command: a 'b\n", "services.web.command has to be a command", 3),
    ],
)
def test_a_bad_file_gets_a_message_with_its_line(text: str, message: str, line: int | None) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file="docker-compose.yml")
    assert caught.value.what.startswith(message)
    assert caught.value.origin is not None
    assert caught.value.origin.line == line
    assert caught.value.hint
