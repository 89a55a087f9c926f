"""What every test may ask for, and what happens to one that asks for what is not there."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import pytest
from hypothesis import settings

from jettison.engines import Engine
from jettison.engines.embedded.engine import NAMESPACES
from jettison.engines.finding import EMBEDDED, find_engine
from jettison.errors import EngineError, JettisonError
from jettison.processes import installed

# How long an example takes is a matter of what else the machine does.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# A program that a test runs tells where it was when a signal ended it.
os.environ.setdefault("PYTHONFAULTHANDLER", "1")


@functools.cache
def missing_engine() -> str | None:
    """Say why there is no container engine; None when one answers."""
    try:
        with find_engine():
            return None
    except EngineError as missing:
        return f"no container engine: {missing} ({missing.hint})"


@functools.cache
def missing_namespaces() -> str | None:
    """Say why no image can be run without an engine; None when it can."""
    try:
        with find_engine(EMBEDDED) as found:
            return None if found.isolation is NAMESPACES else "the kernel allows no namespaces"
    except JettisonError as refused:
        return f"{refused}: {refused.why} ({refused.hint})"


@functools.cache
def missing_registry() -> str | None:
    """Say that the registry program is missing; None when it is there."""
    return None if installed("docker-registry") else "docker-registry is not installed"


@functools.cache
def missing_podman() -> str | None:
    """Say why Podman does not serve; None when it does."""
    try:
        with find_engine("podman"):
            return None
    except EngineError as missing:
        return f"no Podman: {missing} ({missing.why})"


@functools.cache
def missing_skopeo() -> str | None:
    """Say that skopeo is missing; None when it is there."""
    return None if installed("skopeo") else "skopeo is not installed"


@functools.cache
def missing_network() -> str | None:
    """Say why no package index answers, as its ordinary client is set up; None when one does."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-cache",
        "--no-deps",
        "-",
    ]
    result = subprocess.run(
        command, input="packaging==26.0", capture_output=True, text=True, check=False, timeout=120
    )
    if result.returncode == 0:
        return None
    return f"no package index answers: {result.stderr.strip().splitlines()[-1]}"


@functools.cache
def missing_ray() -> str | None:
    """Say that Ray is missing; None when it is installed."""
    return None if find_spec("ray") else "Ray is not installed: the extra `fleet` brings it"


NEEDS: dict[str, tuple[Callable[[], str | None], str]] = {
    "engine": (missing_engine, "JETTISON_REQUIRE_ENGINE"),
    "namespaces": (missing_namespaces, "JETTISON_REQUIRE_NAMESPACES"),
    "registry": (missing_registry, "JETTISON_REQUIRE_REGISTRY"),
    "podman": (missing_podman, "JETTISON_REQUIRE_PODMAN"),
    "skopeo": (missing_skopeo, "JETTISON_REQUIRE_SKOPEO"),
    "network": (missing_network, "JETTISON_REQUIRE_NETWORK"),
    "ray": (missing_ray, "JETTISON_REQUIRE_RAY"),
}


# Modules whose tests wait for servers most of the time: others run beside them.
WAITING = ("test_differential.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with modules that wait, which would be alone at the end."""
    items.sort(key=lambda item: item.path.name not in WAITING)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a marked test whose need is not met; fail it where the environment requires it."""
    for marker, (missing, variable) in NEEDS.items():
        if item.get_closest_marker(marker) is None or (why := missing()) is None:
            continue
        if os.environ.get(variable) == "1":
            pytest.fail(f"{why}; {variable}=1 requires it", pytrace=False)
        pytest.skip(why)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The container engine of a test marked `engine`."""
    with find_engine() as found:
        yield found
