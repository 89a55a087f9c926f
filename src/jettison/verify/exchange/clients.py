"""What browsers, scripts and caches send beside the request itself. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from jettison.verify.exchange.answer import Answer
from jettison.verify.workload.step import Client, Step

# Where development servers of front ends listen: the origin that settings allow most often.
ORIGIN = "http://localhost:3000"
_DEFAULT_LANGUAGE = "en"
_PAGES = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_DATA = "application/json, text/plain, */*"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OK = 200
# A slow or large answer is not worth another.
_QUICK_SECONDS = 0.5
_LIGHT_BYTES = 2**20
# What answers at once is asked so often again, to meet what goes wrong now and then.
_AT_ONCE_SECONDS = 0.1
_AGAIN, _TOO_MANY = 4, 429
# How many requests of a run are repeated in each way.
_MOST = {
    Client.PAGE: 100,
    Client.SCRIPT: 100,
    Client.COMPRESSED: 30,
    Client.CONDITIONAL: 30,
    Client.RANGE: 15,
    Client.HEAD: 30,
    Client.PREFLIGHT: 40,
    Client.AGAIN: 160,
}


def browser_headers(method: str, host: str, language: str) -> dict[str, str]:
    """Give what a browser sends with the requests of a page of the application itself."""
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Accept-Language": language or _DEFAULT_LANGUAGE,
    }
    return headers if method in _SAFE else {**headers, "Origin": f"http://{host}"}


def repeated(client: Client, method: str, language: str, first: Answer) -> dict[str, str]:
    """Give the headers that are other ones when a request is sent once more."""
    known = {
        "If-None-Match": first.headers.get("etag", ""),
        "If-Modified-Since": first.headers.get("last-modified", ""),
    }
    others: Mapping[Client, Mapping[str, str]] = {
        Client.PAGE: {"Accept": _PAGES, "Accept-Language": language},
        Client.SCRIPT: {"Accept": _DATA, "Accept-Encoding": "identity", "Origin": ORIGIN},
        Client.COMPRESSED: {"Accept-Encoding": "br"},
        Client.RANGE: {"Accept-Encoding": "identity", "Range": "bytes=2-9"},
        Client.CONDITIONAL: {name: value for name, value in known.items() if value},
        Client.PREFLIGHT: {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    }
    return dict(others.get(client, {}))


class Repetition:
    """Decides, as a run goes on, as which further clients each request is sent."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[Client, str]] = Counter()
        self._counts: Counter[Client] = Counter()

    def of(self, step: Step, answer: Answer) -> tuple[Client, ...]:
        """Give the clients for a step by its first answer."""
        wanted = [client for client in _fitting(step, answer) if self._worth(client, step)]
        if _is_quick(step, answer) and self._worth(Client.AGAIN, step):
            wanted += [Client.AGAIN] * _AGAIN
        self._counts.update(wanted)
        return tuple(wanted)

    def _worth(self, client: Client, step: Step) -> bool:
        """Tell whether a client is new to a route, and there are not too many already."""
        once = client in {Client.PREFLIGHT, Client.HEAD}
        key = (client, step.path if once else step.name)
        self._sent[key] += 1
        return self._sent[key] == 1 and self._counts[client] < _MOST[client]


def _is_quick(step: Step, answer: Answer) -> bool:
    return (
        step.method == "GET"
        and not (step.last or step.variation == "file" or answer.unended or answer.failure)
        and answer.status != _TOO_MANY
        and answer.seconds < _AT_ONCE_SECONDS
        and len(answer.body) < _LIGHT_BYTES
    )


def _fitting(step: Step, answer: Answer) -> list[Client]:
    if step.last or not answer.status or answer.seconds > _QUICK_SECONDS:
        return []
    headers = answer.headers
    allowed = [Client.PREFLIGHT] if "access-control-allow-origin" in headers else []
    if step.method != "GET" or len(answer.body) > _LIGHT_BYTES:
        return allowed
    file = step.variation == "file"
    found = [] if file else [Client.PAGE, Client.SCRIPT, Client.HEAD]
    if answer.status == _OK:
        varies = "accept-encoding" in headers.get("vary", "").lower()
        found += [Client.COMPRESSED] if varies else []
        found += [Client.CONDITIONAL] if {"etag", "last-modified"} & set(headers) else []
        found += [Client.RANGE] if headers.get("accept-ranges") == "bytes" else []
    return [*found, *allowed]


def languages_in_turn(languages: tuple[str, ...], number: int) -> str:
    """Give the language for a request by its number, so that each has its turn."""
    return languages[number % len(languages)] if languages else _DEFAULT_LANGUAGE


def asked_as(client: Client, method: str) -> str:
    """Give the method of a request that is sent as another client."""
    named: Mapping[Client, str] = {Client.HEAD: "HEAD", Client.PREFLIGHT: "OPTIONS"}
    return named.get(client, method)
