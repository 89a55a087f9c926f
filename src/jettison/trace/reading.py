"""Reads from inside a container what an image has installed."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from msgspec import convert

from jettison.engines.engine import Engine, ImageFacts, Network, RunOptions
from jettison.errors import EngineError
from jettison.installed.environment import Installed
from jettison.records import Records
from jettison.stores.cache import cache_directory
from jettison.verify.interior import interpreters, script_text

_INSIDE = "jettison.trace.inside"
# Each holds the sources of an environment; older ones go.
MOST = 8
_TIMEOUT = 300.0
_WAIT = "import time; time.sleep(86400)"


def read_installed(
    engine: Engine,
    image: str,
    facts: ImageFacts,
    environment: str,
    kept: Records | None = None,
) -> Installed:
    """Read the environment at ``environment`` and the application in the working directory.

    Raises EngineError when the image has no Python that starts.
    """
    asked = {"environment": environment, "folder": facts.working_directory}
    return installed_of(
        _answer(engine, image, facts, script_text("contents", asked, _INSIDE), kept)
    )


def _answer(
    engine: Engine,
    image: str,
    facts: ImageFacts,
    text: str,
    kept: Records | None,
) -> Mapping[str, Any]:
    """Give what a program of ours answers in an image; the same image need not be asked twice."""
    kept = kept or Records(cache_directory() / "answers", most=MOST)
    # The image's own digest differs from run to run, by the label of what made it.
    settings = (facts.layers, facts.environment, facts.working_directory, facts.user, text)
    key = repr(settings)
    known = kept.get(bytes, key)
    if known is None:
        known = _asked(engine, image, facts, text)
        kept.put(known, key)
    found = marshal.loads(known)  # noqa: S302 - of our own script
    return found if isinstance(found, dict) else {}


def _asked(engine: Engine, image: str, facts: ImageFacts, text: str) -> bytes:
    failure = ""
    for interpreter in interpreters(facts):
        entrypoint = (interpreter, "-c", _WAIT)
        options = RunOptions(network=Network.NONE, entrypoint=entrypoint)
        try:
            with engine.run(image, options) as container:
                done = container.execute((interpreter, "-B", "-c", text), timeout=_TIMEOUT)
        except EngineError as refused:
            failure = refused.why
            continue
        if done.status == 0:
            return done.stdout
        failure = done.error_text
    raise EngineError("the environment could not be read", why=failure[-500:])


def installed_of(answer: Mapping[str, Any]) -> Installed:
    """Read what ``inside/contents.py`` gives."""
    return convert(answer, Installed)
