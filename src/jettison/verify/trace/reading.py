"""Reads from inside a container what an image has installed."""

from __future__ import annotations

import hashlib
import marshal
import platform
from collections.abc import Mapping
from functools import cache as once
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Raw, ValidationError, convert, msgpack

from jettison.catalogue import resource
from jettison.contents.environment import Installed
from jettison.contents.links import Links, links_of
from jettison.engines.engine import Engine, ImageFacts, Network, RunOptions
from jettison.errors import EngineError
from jettison.images.stores.cache import cache_directory
from jettison.records import Records
from jettison.verify.interior import interpreters, script_text

_INSIDE = "jettison.verify.trace.inside"
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
    """Read what ``inside/contents.py`` gives; EngineError for an answer of another shape."""
    try:
        return convert(answer, Installed)
    except ValidationError as wrong:
        raise EngineError("the environment could not be read", why=str(wrong)) from wrong


# So many modules are kept; when there are more, those that were not asked for go.
MOST_LINKS = 20_000
_LINKS = msgpack.Decoder(Links)


class KeptLinks:
    """Gives the links of sources, as they were kept or by parsing, and keeps what is new."""

    def __init__(self, folder: Path | None = None) -> None:
        self._records = Records((folder or cache_directory()) / "links", most=1)
        self._known = self._records.get(dict[bytes, Raw], _fingerprint()) or {}
        self._used: dict[bytes, Raw] = {}

    def read(self, source: bytes) -> Links:
        """Give what a module names."""
        key = hashlib.sha256(source).digest()
        packed = self._used.get(key) or self._known.get(key)
        if packed is None:
            packed = Raw(msgpack.encode(links_of(source)))
        self._used[key] = packed
        return _LINKS.decode(packed)

    def save(self) -> None:
        """Write what is known anew when something was added."""
        if not self._used.keys() <= self._known.keys():
            kept = {**self._known, **self._used}
            self._records.put(kept if len(kept) <= MOST_LINKS else self._used, _fingerprint())


@once
def _fingerprint() -> str:
    """Name the state of whatever shapes the links: the parser, its catalogue, Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in ("loaders.toml", "library_modules.toml"):
        digest.update(resource(name))
    for name in ("links.py", "attributes.py"):
        digest.update(files("jettison.contents").joinpath(name).read_bytes())
    return digest.hexdigest()
