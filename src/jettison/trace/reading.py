"""Reads from inside a container what an image has installed."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from jettison.engines.engine import Engine, ImageFacts, Network, RunOptions
from jettison.errors import EngineError, InputSyntaxError
from jettison.installed.environment import EntryPoint, Installed, StandardLibrary
from jettison.installed.system import System, system_of
from jettison.verify.interior import interpreters, script_text

_TIMEOUT = 300.0
_WAIT = "import time; time.sleep(86400)"


def read_installed(engine: Engine, image: str, facts: ImageFacts, environment: str) -> Installed:
    """Read the environment at ``environment`` and the application in the working directory.

    Raises EngineError when the image has no Python that starts.
    """
    asked = {"environment": environment, "folder": facts.working_directory}
    text = script_text("contents", asked, "jettison.trace.inside")
    failure = ""
    for interpreter in interpreters(facts):
        options = RunOptions(network=Network.NONE, entrypoint=(interpreter, "-c", _WAIT))
        try:
            with engine.run(image, options) as container:
                done = container.execute((interpreter, "-B", "-c", text), timeout=_TIMEOUT)
        except EngineError as refused:
            failure = refused.why
            continue
        if done.status == 0:
            return installed_of(marshal.loads(done.stdout))  # noqa: S302 - of our own script
        failure = done.error_text
    raise EngineError("the environment could not be read", why=failure[-500:])


def read_system(engine: Engine, image: str, facts: ImageFacts) -> System | None:
    """Read all that lies around the environment; None where it cannot be read."""
    text = script_text("system", {}, "jettison.trace.inside")
    for interpreter in interpreters(facts):
        options = RunOptions(
            network=Network.NONE, entrypoint=(interpreter, "-c", _WAIT), user="0:0"
        )
        try:
            with engine.run(image, options) as container:
                done = container.execute((interpreter, "-B", "-c", text), timeout=_TIMEOUT)
            if done.status == 0:
                return system_of(marshal.loads(done.stdout), dict(facts.environment))  # noqa: S302 - as above
        except (EngineError, InputSyntaxError):
            continue
    return None


def installed_of(answer: Mapping[str, Any]) -> Installed:
    """Read what ``inside/contents.py`` gives."""
    return Installed(
        site=answer["site"],
        library=answer["library"],
        files=answer["files"],
        owners=answer["owners"],
        entry_points=tuple(
            EntryPoint(distribution=distribution, group=group, name=name, value=value)
            for distribution, group, name, value in answer["points"]
        ),
        sources=answer["sources"],
        words={path: frozenset(words) for path, words in answer["words"].items()},
        application=answer["application"],
        standard=_standard(answer["standard"]),
    )


def _standard(answer: Mapping[str, Any]) -> StandardLibrary:
    words = {path: frozenset(found) for path, found in answer["words"].items()}
    return StandardLibrary(files=answer["files"], sources=answer["sources"], words=words)
