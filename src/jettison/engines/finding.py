"""Which engine there is on this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jettison.engines import Engine
from jettison.engines.cli import BuildDialect, CommandLineEngine, buildah_steps, buildkit_steps
from jettison.engines.client import Client
from jettison.engines.limits import Limits
from jettison.errors import EngineError
from jettison.processes import installed as process_installed
from jettison.processes import run

_OLDEST = 23
_DOCKER = BuildDialect(
    command=("buildx", "build", "--load", "--progress=plain", "--provenance=false"),
    environment=(("DOCKER_BUILDKIT", "1"), ("BUILDKIT_COLORS", ""), ("NO_COLOR", "1")),
    steps=buildkit_steps,
)


def docker_engine(limits: Limits) -> CommandLineEngine:
    """Docker, if it answers. Raises EngineError when it is stopped, too old or lacks buildx."""
    asked = run(("docker", "version", "--format", "{{json .}}"), timeout=30)
    document = _version_document(asked.text)
    server = document.get("Server")
    if not server:
        raise _no_answer(asked.error_text)
    version = str(server["Version"])
    require_recent(version)
    if run(("docker", "buildx", "version"), timeout=30).status:
        raise EngineError(
            "docker has no buildx plugin, so it cannot use BuildKit",
            why="`docker buildx version` failed",
            hint="Install the package docker-buildx (or docker-buildx-plugin).",
        )
    direct, storage = _direct(server)
    apart = direct and os.geteuid() == 0 and _is_here()
    client = Client(
        program="docker",
        version=version,
        direct=direct,
        apart=apart,
        storage=storage,
        limits=limits,
    )
    return CommandLineEngine(client, _DOCKER)


def require_recent(version: str) -> None:
    """Raise EngineError when the daemon's version is older than what is supported."""
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < _OLDEST:
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
    return EngineError("the docker daemon does not respond", why=said, hint=hint)


def _is_here() -> bool:
    """Whether the daemon is a process that this one sees, and so are the processes it starts."""
    try:
        number = int(Path("/var/run/docker.pid").read_text("ascii"))
        return Path(f"/proc/{number}/comm").read_text("ascii").strip() == "dockerd"
    except (OSError, ValueError):
        return False


_INFO = "{{json .SecurityOptions}}\n{{.DockerRootDir}}"


def _direct(server: dict[str, Any]) -> tuple[bool, str]:
    """Whether containers' addresses are reachable: a daemon on this very Linux machine.

    Then its folder is there as well.
    """
    platform = str((server.get("Platform") or {}).get("Name", ""))
    if sys.platform != "linux" or "Desktop" in platform:
        return False, ""
    endpoint = run(
        ("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"), timeout=30
    ).text
    options, _, storage = run(("docker", "info", "--format", _INFO), timeout=30).text.partition(
        "\n"
    )
    direct = endpoint.startswith("unix://") and "rootless" not in options
    return direct, storage if direct else ""


_OLDEST_PODMAN = 4
# The OCI format has no place for HEALTHCHECK and SHELL.
_PODMAN = BuildDialect(
    command=("build", "--format=docker"), environment=(("NO_COLOR", "1"),), steps=buildah_steps
)


def podman_engine(limits: Limits) -> CommandLineEngine:
    """Podman, if it works here. Raises EngineError when it does not, or is too old."""
    told = "{{.Version.Version}}\n{{.Store.GraphRoot}}"
    asked = run(("podman", "info", "--format", told), timeout=60)
    if asked.status:
        raise EngineError(
            "podman does not work here",
            why=asked.error_text,
            hint="Run `podman info` and follow its output.",
        )
    version, _, storage = asked.text.partition("\n")
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < _OLDEST_PODMAN:
        raise EngineError(
            f"podman is too old: {version}", hint=f"Upgrade Podman to {_OLDEST_PODMAN} or newer."
        )
    # A bridge of Podman has an address, at which containers reach services of this machine.
    here = sys.platform == "linux"
    client = Client(
        program="podman",
        version=version,
        direct=here,
        storage=storage if here else "",
        apart=here,
        shared=here,
        limits=limits,
        removal=("--force", "--volumes", "--time=0"),
    )
    return CommandLineEngine(client, _PODMAN)


EMBEDDED = "embedded"
# In the order in which they are tried.
_ENGINES: Mapping[str, Callable[[Limits], Engine]] = {
    "docker": docker_engine,
    "podman": podman_engine,
}


def find_engine(name: str | None = None, limits: Limits | None = None) -> Engine:
    """Give the engine of that name, or the first that answers; ``limits`` are of each container.

    The embedded engine, which builds no Dockerfile, is given by its name alone.

    Raises EngineError when the named one, or every one, is missing, stopped or too old.
    """
    if name is not None:
        return _named(name, limits or Limits())
    installed = [program for program in _ENGINES if process_installed(program)]
    if not installed:
        raise EngineError(
            "no container engine was found",
            why=f"none of {', '.join(_ENGINES)} is on the search path (PATH)",
            hint="Install Docker 23 or newer, or Podman 4 or newer. `jettison plan` needs neither.",
        )
    return _first_that_answers(installed, limits or Limits())


def _first_that_answers(installed: list[str], limits: Limits) -> Engine:
    failures: list[EngineError] = []
    for program in installed:
        try:
            return _ENGINES[program](limits)
        except EngineError as failure:
            failures.append(failure)
    raise failures[0]


def _named(name: str, limits: Limits) -> Engine:
    if name == EMBEDDED:
        return _embedded(limits)
    if name not in _ENGINES:
        names = ", ".join((*_ENGINES, EMBEDDED))
        raise EngineError(f"there is no engine {name!r}", hint=f"Use one of {names}.")
    if not process_installed(name):
        raise EngineError(
            f"the engine {name} is not installed",
            why=f"{name} is not on the search path (PATH)",
            hint=f"Install {name}, or let Jettison choose by leaving the option out.",
        )
    return _ENGINES[name](limits)


def _embedded(limits: Limits) -> Engine:
    # Late, as it brings the stores with it, which no other engine needs.
    from jettison.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415

    engine = EmbeddedEngine(limits)
    try:
        engine.check()
    except BaseException:
        engine.__exit__()
        raise
    return engine
