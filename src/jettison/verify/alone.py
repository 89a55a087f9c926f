"""Asks the Python of an image in a container of its own, whose first process only waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jettison.engines import Container, Engine, Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.values import replace
from jettison.verify.interior import Answer, applications_own, ask, interpreters

_WAIT = "import time; time.sleep(86400)"


@contextmanager
def waiting(
    engine: Engine, image: str, options: RunOptions, words: tuple[str, ...]
) -> Iterator[tuple[Container, str]]:
    """Start an image's Python so that it only waits, and give the one that ``words`` would start.

    Raises EngineError when there is none.
    """
    facts = engine.inspect(image)
    candidates = interpreters(facts)
    for candidate in candidates:
        waits = replace(options, entrypoint=(candidate, "-c", _WAIT))
        try:
            container = engine.run(image, waits)
        except EngineError:
            if candidate == candidates[-1]:
                raise
            continue
        with container:
            yield container, applications_own(container, facts, candidate, words)
        return


def ask_alone(
    engine: Engine,
    image: str,
    words: tuple[str, ...],
    script: str,
    asked: dict[str, Any],
    *,
    kind: type[Answer],
) -> tuple[Answer | None, str]:
    """Do as ``ask`` does in a container of its own, which has no network."""
    try:
        with waiting(engine, image, RunOptions(network=Network.NONE), words) as (container, python):
            return ask(container, python, script, asked, kind)
    except (EngineError, ProgramError) as failure:
        return None, f"{failure} {failure.why[-200:]}".strip()
