"""Podman, version 4 or newer."""

from __future__ import annotations

import os
import sys

from jettison import process
from jettison.engines import buildlog
from jettison.engines.cli import BuildDialect, CommandLineEngine
from jettison.engines.client import Client
from jettison.errors import EngineError

_OLDEST = 4
# The OCI format has no place for HEALTHCHECK and SHELL.
_DIALECT = BuildDialect(
    command=("build", "--format=docker"),
    environment=(("NO_COLOR", "1"),),
    steps=buildlog.buildah_steps,
)


def podman_engine() -> CommandLineEngine:
    """Podman, if it works here. Raises EngineError when it does not, or is too old."""
    asked = process.run(("podman", "info", "--format", "{{.Version.Version}}"), timeout=60)
    if asked.status:
        raise EngineError(
            "podman does not work here",
            why=asked.error_text,
            hint="Run `podman info` and follow what it says.",
        )
    major = asked.text.partition(".")[0]
    if major.isdigit() and int(major) < _OLDEST:
        raise EngineError(
            f"podman is too old: {asked.text}",
            hint=f"Upgrade Podman to {_OLDEST} or newer.",
        )
    # without root, containers live in a network namespace that this process is not in
    direct = sys.platform == "linux" and os.geteuid() == 0
    client = Client(
        program="podman",
        version=asked.text,
        direct=direct,
        removal=("--force", "--volumes", "--time=0"),
    )
    return CommandLineEngine(client, _DIALECT)
