"""What holds of the plan of any Dockerfile put together from instructions that real ones have."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jettison.formats.dockerfile import parse
from jettison.plan import Plan, Safety
from jettison.tasks.loading import planned

SOURCE = {
    "requirements.txt": "fastapi==0.115.6\nuvicorn==0.34.0\n\n# Testing\npytest==8.3.4\n",
    "requirements-extra.txt": "-r requirements.txt\nredis==5.2.1\n",
    "constraints.txt": "starlette==0.41.3\n",
    "main.py": "import subprocess\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n",
    "tests/test_main.py": "import pytest\n",
    "start.sh": '#!/bin/sh\nset -e\nexec "$@"\n',
}
BASES = st.sampled_from(
    [
        *("python:3.12-slim", "python:3.11", "python:3.12-alpine", "python:3.10-slim-bookworm"),
        *("python:${VERSION}-slim", "ubuntu:24.04", "registry.example.com/team/python:1"),
    ]
)
PACKAGES = st.lists(
    st.sampled_from(["gcc", "libpq-dev", "libpq5", "curl", "git", "vim", "libmagic1", "tini"]),
    min_size=1,
    max_size=4,
    unique=True,
).map(" ".join)
APT = st.builds(
    "RUN apt-get update {0} apt-get install -y {1}{2}{3}".format,
    st.sampled_from(["&&", "&& \\\n   ", "; \\\n   "]),
    st.sampled_from(["", "--no-install-recommends "]),
    PACKAGES,
    st.sampled_from(["", " && rm -rf /var/lib/apt/lists/*", " \\\n    && apt-get clean"]),
)
STEPS = st.sampled_from(
    [
        "WORKDIR /app",
        "WORKDIR src",
        "COPY . .",
        "COPY requirements.txt .",
        "COPY requirements.txt /tmp/r.txt",
        "COPY --chown=1000:1000 . /app/",
        "COPY requirements*.txt constraints.txt ./",
        "ADD main.py start.sh /app/",
        "RUN pip install -r requirements.txt",
        "RUN pip install --no-cache-dir --upgrade pip && pip install -r requirements.txt",
        "RUN pip install -r /tmp/r.txt && rm /tmp/r.txt",
        "RUN pip install -r requirements-extra.txt -c constraints.txt",
        "RUN pip install gunicorn 'redis>=5'",
        "RUN --mount=type=bind,source=requirements.txt,target=r.txt pip install -r r.txt",
        "RUN python -m venv /opt/venv && /opt/venv/bin/pip install -r requirements.txt",
        'RUN if [ -n "$CI" ]; then apt-get install -y git; fi',
        "RUN <<EOF\nset -e\napt-get update\napt-get install -y curl\nEOF",
        "RUN curl -fsSL https://example.com/tool | tar xz -C /usr/local/bin",
        "RUN mkdir -p /app/data /var/cache/app && chown -R 1000:1000 /app",
        "RUN groupadd web && useradd -g web web",
        "RUN chmod -R 755 /app",
        'RUN ["pip", "install", "-r", "requirements.txt"]',
        "USER web",
        "USER root",
        'ENV PATH="/opt/tools:$PATH" DATA_DIR=/app/data',
        "ENV PYTHONUNBUFFERED 1",
        "ARG PIP_INDEX_URL",
        'LABEL maintainer="a b"',
        "EXPOSE 8000",
        "VOLUME /app/data",
        "HEALTHCHECK --interval=5s CMD curl -f http://localhost:8000/ || exit 1",
        "HEALTHCHECK NONE",
        'SHELL ["/bin/bash", "-c"]',
        "STOPSIGNAL SIGINT",
        "ONBUILD COPY . /app",
        "# a comment",
        "",
    ]
)
ENDS = st.sampled_from(
    [
        "",
        "CMD uvicorn main:app --port $PORT",
        'CMD ["uvicorn", "main:app"]',
        'ENTRYPOINT ["./start.sh"]\nCMD uvicorn main:app',
        "ENTRYPOINT python main.py\nCMD x",
    ]
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """One or two stages of steps, with or without a line feed at the end."""
    lines = ["ARG VERSION=3.12"] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 2))):
        lines.append(f"FROM {draw(BASES)}" + (f" AS s{number}" if draw(st.booleans()) else ""))
        lines += draw(st.lists(st.one_of(STEPS, APT), max_size=9))
    lines.append(draw(ENDS))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return "\n".join(lines).replace("\n", ending) + draw(st.sampled_from(["", ending]))


def plan_of(files: dict[str, str]) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        return planned(root, offline=True, cache=Path(folder) / "cache").plan


@given(text=dockerfiles())
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_the_result_parses_and_planning_it_again_finds_nothing(text: str) -> None:
    plan = plan_of({**SOURCE, "Dockerfile": text})
    after = plan.project.texts["Dockerfile"]
    assert parse(after, file="Dockerfile").stages
    again = plan_of(dict(plan.project.texts) | {"main.py": SOURCE["main.py"]})
    wanted = [f for f in again.findings if f.changes and f.safety is Safety.SAFE]
    assert [(f.rule, f.message) for f in wanted] == [], after
    lines = text.count("\n") + 1
    for finding in plan.findings:
        for each in finding.evidence:
            if each.origin and each.origin.file == "Dockerfile":
                assert (each.origin.line or 1) <= lines
