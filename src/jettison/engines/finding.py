"""Which engine there is on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jettison import process
from jettison.engines.docker import docker_engine
from jettison.engines.engine import Engine
from jettison.engines.podman import podman_engine
from jettison.errors import EngineError

EMBEDDED = "embedded"
# In the order in which they are tried.
_ENGINES: Mapping[str, Callable[[], Engine]] = {"docker": docker_engine, "podman": podman_engine}


def find_engine(name: str | None = None) -> Engine:
    """Give the engine of that name, or the first that answers.

    The embedded engine, which builds no Dockerfile, is given by its name alone.

    Raises EngineError when the named one, or every one, is missing, stopped or too old.
    """
    if name is not None:
        return _named(name)
    installed = [program for program in _ENGINES if process.installed(program)]
    if not installed:
        raise EngineError(
            "no container engine was found",
            why=f"none of {', '.join(_ENGINES)} is on the search path (PATH)",
            hint="Install Docker 23 or newer, or Podman 4 or newer. `jettison plan` needs neither.",
        )
    return _first_that_answers(installed)


def _first_that_answers(installed: list[str]) -> Engine:
    failures: list[EngineError] = []
    for program in installed:
        try:
            return _ENGINES[program]()
        except EngineError as failure:
            failures.append(failure)
    raise failures[0]


def _named(name: str) -> Engine:
    if name == EMBEDDED:
        return _embedded()
    if name not in _ENGINES:
        names = ", ".join((*_ENGINES, EMBEDDED))
        raise EngineError(f"there is no engine {name!r}", hint=f"Use one of {names}.")
    if not process.installed(name):
        raise EngineError(
            f"the engine {name} is not installed",
            why=f"{name} is not on the search path (PATH)",
            hint=f"Install {name}, or let Jettison choose by leaving the option out.",
        )
    return _ENGINES[name]()


def _embedded() -> Engine:
    # Late, as it brings the stores with it, which no other engine needs.
    from jettison.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415

    engine = EmbeddedEngine()
    try:
        engine.check()
    except BaseException:
        engine.__exit__()
        raise
    return engine
