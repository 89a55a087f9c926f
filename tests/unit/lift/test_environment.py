"""Where the environment of an image is made, by the ways in which Dockerfiles make it."""

import pytest
from base_needs import project_of

from jettison.lift.stage import lifted
from jettison.lift.stages import BuiltEnvironment, NotApart, environment_of


def found(text: str) -> BuiltEnvironment | NotApart:
    project = project_of(text, {"requirements.txt": "flask==3.0.0\n"})
    return environment_of(project, lifted(project))


BASE = "FROM python:3.12-slim"


@pytest.mark.parametrize(
    ("build", "copy", "path", "virtual", "seeded"),
    [
        (
            "RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask",
            "/opt/venv /opt/venv",
            "/opt/venv",
            True,
            True,
        ),
        (
            "ENV VIRTUAL_ENV=/venv\nRUN python3 -m venv $VIRTUAL_ENV\nRUN pip install flask",
            "/venv /venv",
            "/venv",
            True,
            True,
        ),
        ("WORKDIR /app\nRUN uv sync --frozen", "/app/.venv /app/.venv", "/app/.venv", True, False),
        ("WORKDIR /app\nRUN uv sync --frozen", "/app /app", "/app/.venv", True, False),
        ("WORKDIR /app\nRUN uv venv", "/app/.venv /app/.venv", "/app/.venv", True, False),
        (
            "RUN pip install --prefix=/install flask",
            "/install /usr/local",
            "/install",
            False,
            False,
        ),
        ("RUN pip install --user flask", "/root/.local /root/.local", "/root/.local", False, False),
        (
            "RUN pip install flask",
            "/usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages",
            "/usr/local",
            False,
            False,
        ),
    ],
)
def test_an_environment_of_a_build_stage(
    build: str, copy: str, path: str, virtual: bool, seeded: bool
) -> None:
    environment = found(f"{BASE} AS builder\n{build}\n{BASE}\nCOPY --from=builder {copy}\n")
    assert isinstance(environment, BuiltEnvironment)
    assert (environment.path, environment.virtual, environment.seeded) == (path, virtual, seeded)
    assert environment.stage.name == "builder"


MADE = f"{BASE} AS builder\nRUN python -m venv /opt/venv\n"
COPIED = "COPY --from=builder /opt/venv /opt/venv\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{BASE}\nRUN pip install flask\n", "not copied from a build stage"),
        (f"{MADE}USER app\n{BASE}\n{COPIED}", "does not end as root"),
        (f"{MADE}FROM builder AS test\n{BASE}\n{COPIED}", "another stage starts"),
        (f"{BASE}\nCOPY --from=ghcr.io/shop/base /opt/venv /opt/venv\n", "not copied"),
        (f"{MADE}{BASE}\nCOPY --from=builder /etc/passwd /etc/passwd\n", "not copied"),
    ],
)
def test_why_nothing_can_be_taken_out(text: str, reason: str) -> None:
    environment = found(text)
    assert isinstance(environment, NotApart)
    assert reason in environment.evidence.message
