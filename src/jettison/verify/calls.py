"""Calls of gRPC: made beside a container by a client that the image before has everything for."""

from __future__ import annotations

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
    container: Container, setting: Setting, names: tuple[str, ...] = (), *, training: bool = False
) -> tuple[tuple[Exchange, ...], str]:
    """Call what a server offers, or the same again by ``names``; without an answer, say why.

    The client is the same for both images: the candidate may lack what only a client needs. With
    ``training`` some methods are withheld.
    """
    request = setting.request
    facts = setting.engine.inspect(request.image_before)
    asked = {
        **own_files(facts),
        "host": HOST_NAME,
        "port": request.called,
        "names": names,
        "training": training,
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
    found = {name: (status, body) for name, status, body in told.called} if told else {}
    why = told.why if told else why
    exchanges = (_exchange(name, *found.get(name, (0, why))) for name in names or found)
    return tuple(exchanges), "" if found else f"no method could be called: {why}"


def _exchange(name: str, status: int, said: str) -> Exchange:
    if not status:
        return Exchange(name=name, answer=Answer(status=0, failure=said or "it was not called"))
    return Exchange(name=name, answer=Answer(status=status, headers=_JSON, body=said.encode()))
