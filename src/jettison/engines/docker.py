"""Docker, version 23 or newer, with BuildKit."""

from __future__ import annotations

import json
import sys
from typing import Any

from jettison import process
from jettison.engines import buildlog
from jettison.engines.cli import BuildDialect, CommandLineEngine
from jettison.engines.client import Client
from jettison.errors import EngineError

_OLDEST = 23
_DIALECT = BuildDialect(
    command=("buildx", "build", "--load", "--progress=plain", "--provenance=false"),
    environment=(("DOCKER_BUILDKIT", "1"), ("BUILDKIT_COLORS", ""), ("NO_COLOR", "1")),
    steps=buildlog.buildkit_steps,
)


def docker_engine() -> CommandLineEngine:
    """Docker, if it answers. Raises EngineError when it is stopped, too old or lacks buildx."""
    asked = process.run(("docker", "version", "--format", "{{json .}}"), timeout=30)
    document = _version_document(asked.text)
    server = document.get("Server")
    if not server:
        raise _no_answer(asked.error_text)
    version = str(server["Version"])
    require_recent(version)
    if process.run(("docker", "buildx", "version"), timeout=30).status:
        raise EngineError(
            "docker has no buildx plugin, so it cannot use BuildKit",
            why="`docker buildx version` failed",
            hint="Install the package docker-buildx (or docker-buildx-plugin).",
        )
    return CommandLineEngine(
        Client(program="docker", version=version, direct=_direct(server)), _DIALECT
    )


def require_recent(version: str) -> None:
    """Raise EngineError when the daemon's version is older than what is supported."""
    major = version.partition(".")[0]
    if major.isdigit() and int(major) < _OLDEST:
        raise EngineError(
            f"the docker daemon is too old: {version}",
            why=f"version {_OLDEST} is the first whose default builder is BuildKit",
            hint=f"Upgrade Docker Engine to {_OLDEST} or newer.",
        )


def _version_document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _no_answer(said: str) -> EngineError:
    if "permission denied" in said.lower():
        hint = "Join the group docker (and log in again), or use rootless Docker or Podman."
    else:
        hint = "Start it: `systemctl start docker`, or open Docker Desktop."
    return EngineError("the docker daemon does not answer", why=said, hint=hint)


def _direct(server: dict[str, Any]) -> bool:
    """Whether containers' addresses are reachable: a daemon on this very Linux machine."""
    platform = str((server.get("Platform") or {}).get("Name", ""))
    if sys.platform != "linux" or "Desktop" in platform:
        return False
    endpoint = process.run(
        ("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"), timeout=30
    ).text
    rootless = (
        "rootless"
        in process.run(("docker", "info", "--format", "{{json .SecurityOptions}}"), timeout=30).text
    )
    return endpoint.startswith("unix://") and not rootless
