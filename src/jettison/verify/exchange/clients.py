"""What clients send beside the request, and what a run remembers of its responses. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from jettison.values import by_key, replace
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.pages import json_links, objects
from jettison.verify.workload import Json
from jettison.verify.workload.openapi import tells_of_calls
from jettison.verify.workload.step import Client, Remembered, Step

# Where development servers of front ends listen: the origin that settings allow most often.
ORIGIN = "http://localhost:3000"
_DEFAULT_LANGUAGE = "en"
_PAGES = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_DATA = "application/json, text/plain, */*"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OK = 200
# An object lists things by their names where it has so many or more.
_LISTED = 3
# A slow or large answer is not worth another.
_QUICK_SECONDS = 0.5
_LIGHT_BYTES = 2**20
# What answers at once is asked so often again, and for so long, to meet what goes wrong at times.
_AT_ONCE_SECONDS, _AGAIN_SECONDS = 0.25, 4.0
_AGAIN, _TOO_MANY = 4, 429
# So long slow answers are waited for, of a route and of all, before one that answered gets no more.
_SLOW_OF_A_ROUTE, _SLOW_IN_ALL = 6.0, 45.0
# How many are sent at the same time, and how often so many.
_TOGETHER, _TIMES = 6, 6
# How many requests of a run are repeated in each way.
_MOST = {
    Client.PAGE: 100,
    Client.SCRIPT: 100,
    Client.COMPRESSED: 30,
    Client.CONDITIONAL: 30,
    Client.RANGE: 15,
    Client.HEAD: 30,
    Client.PREFLIGHT: 40,
    Client.PROXY: 30,
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
        Client.PROXY: {
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Host": "proxy.example",
            "X-Forwarded-Proto": "https",
        },
        Client.PREFLIGHT: {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    }
    return dict(others.get(client, {}))


def beside_others(sent: Iterable[tuple[Step, Exchange]]) -> tuple[Step, ...]:
    """Give quick requests that read, to be sent some at a time: they may get in each other's way.

    Answers that came otherwise when they were repeated tell nothing of that.
    """
    quick = {
        step.name: step
        for step, one in sent
        if _is_quick(step, one.answer)
        and {each.status for each in one.answers if each.client in ("", Client.AGAIN)}
        == {one.answer.status}
    }
    routes = by_key(
        (step.path, step) for step in sorted(quick.values(), key=lambda one: "{" not in one.path)
    )
    # two of a route go through the same code; the last way to ask names what does not exist
    chosen = [step for ways in routes.values() for step in (*ways[:1], *ways[1:][-1:])]
    del chosen[_TOGETHER * _TIMES :]
    return tuple(
        replace(
            step,
            variation=f"{step.variation}, beside others".removeprefix(", "),
            repeats=(),
            beside=1 + number // _TOGETHER,
        )
        for number, step in enumerate(chosen if len(chosen) > 1 else [])
    )


class Repetition:
    """Decides, as a run goes on, as which further clients each request is sent."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[Client, str]] = Counter()
        self._counts: Counter[Client] = Counter()
        self._seconds = 0.0

    def of(self, step: Step, answer: Answer) -> tuple[Client, ...]:
        """Give the clients for a step by its first answer."""
        wanted = [client for client in _fitting(step, answer) if self._worth(client, step)]
        seconds = self._seconds + _AGAIN * answer.seconds
        quick = seconds < _AGAIN_SECONDS and _is_quick(step, answer)
        if quick and self._worth(Client.AGAIN, step):
            self._seconds = seconds
            wanted += [Client.AGAIN] * _AGAIN
        self._counts.update(wanted)
        return tuple(wanted)

    def _worth(self, client: Client, step: Step) -> bool:
        """Tell whether a client is new to a route, and there are not too many already."""
        once = client in {Client.PREFLIGHT, Client.HEAD, Client.PROXY}
        key = (client, step.path if once else step.name)
        self._sent[key] += 1
        return self._sent[key] == 1 and self._counts[client] < _MOST[client]


class Patience:
    """Decides, as a run goes on, which further requests of slow routes are worth their time."""

    def __init__(self) -> None:
        self._slow: dict[tuple[str, str], float] = {}

    def lasts_for(self, step: Step) -> bool:
        """Tell whether a step is to be sent: the first of its route is, and what others need."""
        spent = self._slow.get((step.method, step.path), 0.0)
        enough = spent >= _SLOW_OF_A_ROUTE or sum(self._slow.values()) >= _SLOW_IN_ALL
        return not (spent and enough) or step.signs_in or step.last or step.raw_body is not None

    def spend(self, step: Step, exchange: Exchange) -> None:
        """Count the seconds of slow answers."""
        waited = (one.seconds for one in exchange.answers if one.seconds > _QUICK_SECONDS)
        slow, route = self._slow, (step.method, step.path)
        slow[route] = slow.get(route, 0.0) + sum(waited)


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
    file = step.variation == "file"
    # whether other origins are allowed shows only to them
    allowed = [] if file else [Client.PREFLIGHT]
    if step.method != "GET" or len(answer.body) > _LIGHT_BYTES:
        return allowed
    found = [] if file else [Client.PAGE, Client.SCRIPT, Client.HEAD, Client.PROXY]
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


_TOKENS = ("access_token", "access", "token", "auth_token", "jwt", "id_token", "accessToken", "key")
_IDS = ("id", "uuid", "pk", "guid", "_id", "slug", "name", "code")
_DEPTH = 4
SUCCESS = range(200, 300)


class Memory:
    """Filled by ``learn``, asked by ``recall``. The newest value wins.

    ``redirects`` are where a page leads that was asked for, ``landings`` where a form leads to,
    ``schemas`` what GraphQL and Gradio tell of themselves, ``links`` what JSON leads to,
    ``reached`` the paths of steps that worked. The application's own addresses may begin with
    ``origin``.
    """

    def __init__(self, origin: str = "") -> None:
        self._origin, self.token = origin, ""
        self.links: dict[str, tuple[str, ...]] = {}
        self.reached: set[str] = set()
        self.cookies: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self.style_sheets: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.landings: dict[str, str] = {}
        self.schemas: dict[str, Json] = {}
        self._seen: list[tuple[str, dict[str, Json]]] = []
        self._keys: dict[str, list[str]] = {}

    def learn(self, method: str, path: str, answer: Answer, *, signs_in: bool) -> None:
        """Remember what an answer to ``path`` (without query) holds."""
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        if method == "GET":
            self._see_page(path, answer)
        elif "location" in answer.headers:
            self.landings[path] = answer.headers["location"]
        if signs_in and answer.status in SUCCESS and answer.headers.get("authorization"):
            self.token = answer.headers["authorization"].rpartition(" ")[2]
        if answer.status not in SUCCESS or "json" not in answer.content_type:
            return
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            return
        if signs_in and isinstance(document, dict):
            self.token = _token(document) or self.token
        elif not signs_in:
            self._see_document(method, path, document)

    def _see_document(self, method: str, path: str, document: Json) -> None:
        if tells_of_calls(document):
            self.schemas[path] = document
        if method == "GET":
            self.links[path] = tuple(map(self._own, json_links(document, _DEPTH)))
        if method == "GET" and isinstance(document, dict) and len(document) >= _LISTED:
            # what all have values of one type may be the names of what there is
            self._keys[path] = list(document) if len({*map(type, document.values())}) == 1 else []
        self._seen += [(path, values) for values in objects(document, _DEPTH)]

    def _see_page(self, path: str, answer: Answer) -> None:
        self.redirects.pop(path, None)
        if "location" in answer.headers:
            self.redirects[path] = self._own(answer.headers["location"])
        elif answer.status in SUCCESS and answer.content_type == "text/html":
            self.pages[path] = self._own(answer.body.decode("utf-8", "replace"))
        elif answer.status in SUCCESS and answer.content_type == "text/css":
            self.style_sheets[path] = answer.body.decode("utf-8", "replace")

    def _own(self, text: str) -> str:
        return text.replace(f"{self._origin}/", "/") if self._origin else text

    def recall(self, wanted: Remembered) -> Json:
        """Give a value for a hole: of the same resource first, then of any with the same name."""
        found = list(dict.fromkeys(self._recalled(wanted)))
        return found[min(wanted.back, len(found) - 1)] if found else wanted.otherwise

    def _recalled(self, wanted: Remembered) -> Iterator[Json]:
        """Give fitting values, the newest of the nearest first."""
        newest = self._seen[::-1]
        near = [values for path, values in newest if path.startswith(wanted.prefix)]
        for name in (wanted.name, *(_identifiers(wanted.name) if wanted.prefix else ())):
            fitting = [values[name] for values in near if _fits(values.get(name), wanted.otherwise)]
            if fitting:
                yield from fitting
                return
        yield from (values[wanted.name] for _, values in newest if wanted.name in values)
        stem = re.sub(r"_?(id|uuid|guid|pk)$", "", wanted.name, flags=re.I)
        forms = (rf"{re.escape(stem)}(s|es)?", rf"{re.escape(stem.removesuffix('y'))}ies")
        about = re.compile(rf"/({'|'.join(forms)})(/|$)", re.I)
        for path, values in newest if stem else ():
            if about.search(path):
                names = _identifiers(wanted.name)
                yield from [values[name] for name in names if name in values][:1]
        if isinstance(wanted.otherwise, str):
            yield from self._keys.get(wanted.prefix, ())


def _identifiers(wanted: str) -> tuple[str, ...]:
    """Give the usual names of ids, that which the wanted name ends with first."""
    return tuple(sorted(_IDS, key=lambda name: -len(name) * wanted.lower().endswith(name)))


def _fits(value: Json, otherwise: Json) -> bool:
    """Tell whether a value may stand where ``otherwise`` is of the declared type."""
    if isinstance(otherwise, int):
        return str(value).isdecimal()
    return value is not None


def _token(document: dict[str, Json]) -> str:
    nested = [document, *(one for one in document.values() if isinstance(one, dict))]
    found = (one[name] for one in nested for name in _TOKENS if isinstance(one.get(name), str))
    return next(found, "")
