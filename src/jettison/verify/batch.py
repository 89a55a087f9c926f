"""Images whose command ends: what a run writes is compared as responses are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from jettison.engines.engine import Engine
from jettison.errors import EngineError, ProgramError
from jettison.verify.checks.process import kinds_of
from jettison.verify.exchange.answer import Answer, Exchange
from jettison.verify.interior import ask, interior
from jettison.verify.observation import Observation
from jettison.verify.observe import options
from jettison.verify.request import Setting, VerificationRequest
from jettison.verify.suite import waiting

ENDED = "it ended with status 0"
"""Why an image that is no server does not become ready."""

_SECONDS = 150.0
_OK, _ABSENT = 200, 404
_KINDS = {
    ".json": "application/json", ".csv": "text/csv", ".txt": "text/plain", ".log": "text/plain",
    ".xml": "application/xml", ".html": "text/html", ".md": "text/plain",
}  # fmt: skip


def observed(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    names: tuple[str, ...] | None = None,
) -> Observation:
    """Run the command of an image to its end, twice in containers of their own.

    ``names`` are what a run of the other image gave, in order: what is not written any more has
    status 404.
    """
    seen = Observation(facts=setting.facts)
    for run in range(2):
        try:
            own = options(replace(setting, run=run), request)
            with waiting(engine, setting.image, own) as (container, interpreter):
                answer, why = ask(container, interpreter, "batch", _asked(setting, request))
                if answer is not None and not run:
                    inner, _ = interior(container, interpreter, request)
                    seen = replace(seen, interior=inner)
        except (EngineError, ProgramError) as failure:
            answer, why = None, f"{failure} {failure.why[-200:]}".strip()
        if answer is None:
            return replace(seen, failure=why)
        exchanges = tuple(_exchanges(answer, names))
        names = tuple(one.name for one in exchanges)
        log = (answer["out"] + b"\n" + answer["err"]).decode("utf-8", "replace")
        seen = replace(seen, logs=(*seen.logs, kinds_of(log)))
        if run:
            seen = replace(seen, reruns=(exchanges,))
        else:
            seen = replace(seen, exchanges=exchanges, read_only=setting.read_only)
    return seen


def _asked(setting: Setting, request: VerificationRequest) -> dict[str, Any]:
    own = request.entrypoint or setting.facts.entrypoint
    words = (*own, *(request.command or (() if request.entrypoint else setting.facts.command)))
    folder = setting.facts.working_directory
    folders = (*request.volumes, *request.bind_mounts, *((folder,) if folder != "/" else ()))
    return {"words": words, "folders": folders, "seconds": _SECONDS}


def _exchanges(answer: dict[str, Any], names: tuple[str, ...] | None) -> Iterator[Exchange]:
    found = {
        "exit status": _text(str(answer["status"]).encode()),
        "standard output": _text(answer["out"]),
        **{f"file {path}": _file(path, *told) for path, told in answer["files"].items()},
    }
    for name in names if names is not None else tuple(found):
        yield Exchange(name=name, answer=found.get(name, Answer(status=_ABSENT, at=time.time())))


def _text(content: bytes) -> Answer:
    kind = {"content-type": "text/plain"}
    return Answer(status=_OK, headers=kind, body=content, at=time.time())


def _file(path: str, content: bytes, size: int) -> Answer:
    kind = _KINDS.get(path[path.rfind(".") :].lower(), "application/octet-stream")
    rest = f"{size} bytes" if size > len(content) else ""
    return replace(_text(content), headers={"content-type": kind}, rest=rest)
