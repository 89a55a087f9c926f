"""Calls of gRPC: made beside a container by a client that the image before has everything for."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.engines import Container, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.values import replace
from jettison.verify.alone import waiting
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.interior import HOST_NAME, ask, own_files
from jettison.verify.observation import Setting
from jettison.verify.readiness import SPEAKS_HTTP2
from jettison.verify.request import VerificationRequest

_JSON = {"content-type": "application/json"}


class _Called(Struct, frozen=True, kw_only=True):
    """What the script ``calls`` gives: names, statuses as HTTP has them, and JSON; or why not."""

    called: list[tuple[str, int, str]]
    why: str


def with_calls(request: VerificationRequest) -> VerificationRequest:
    """Give the way to run a server of gRPC, which gets calls in place of requests."""
    more = f"{request.how}, " if request.how else ""
    port = request.ports[0]
    how = f"{more}with calls in place of requests, as port {port} {SPEAKS_HTTP2}"
    return replace(request, ports=(), called=port, how=how)


def calls(
    container: Container, setting: Setting, names: Iterable[str]
) -> tuple[tuple[Exchange, ...], str]:
    """Call what a server offers, or the same again by ``names``; without an answer, say why.

    The client is the same for both images: the candidate may lack what only a client needs.
    """
    request = setting.request
    facts = setting.engine.inspect(request.image_before)
    asked = {
        **own_files(facts),
        "host": HOST_NAME,
        "port": request.called,
        "names": sorted(names) or None,
        "texts": [(one.pattern, one.value) for one in table(Samples).text],
    }
    beside = RunOptions(beside=container.id, environment=request.environment)
    try:
        with waiting(setting.engine, request.image_before, beside, setting.words) as (
            client,
            python,
        ):
            told, why = ask(client, python, "calls", asked, _Called)
    except (EngineError, ProgramError) as failure:
        told, why = None, str(failure)
    if told is None or not told.called:
        return (), f"no method could be called: {told.why if told else why}"
    return tuple(map(_exchange, told.called)), ""


def _exchange(called: tuple[str, int, str]) -> Exchange:
    name, status, body = called
    return Exchange(name=name, answer=Answer(status=status, headers=_JSON, body=body.encode()))
