"""What clients send beside the request, and as which each request is sent again. Pure."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.values import by_key, replace
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.workload import READING
from jettison.verify.workload.plan import by_need, is_needed
from jettison.verify.workload.step import Client, Step, route_of

# Where development servers of front ends listen: the origin that settings allow most often.
ORIGIN = "http://localhost:3000"
_DEFAULT_LANGUAGE = "en"
_PAGES = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_DATA = "application/json, text/plain, */*"
# Which cookies hold a token against forgery, and in which headers scripts send it back: Django's,
# Angular's and axios', and that of most other middleware.
_AGAINST_FORGERY = re.compile(r"csrf|xsrf", re.I)
_ECHOES = ("X-CSRFToken", "X-XSRF-TOKEN", "X-CSRF-Token")
_OK, UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
# What stores something under the address that it is sent to, and what is asked after that.
_STORES = frozenset({"PUT", "PATCH"})
_STORED, _OF_ANOTHER, _OTHER_TAG = "after it was stored", "tag of another version", '"another"'
SUCCESS = range(200, 300)
TLS = "https://"
# A slow or large answer is not worth another.
_QUICK_SECONDS = 0.5
_LIGHT_BYTES = 2**20
# What answers at once is asked so often again, and for so long, to meet what goes wrong at times:
# the first of each of so many paths that works more often than what follows.
_AT_ONCE_SECONDS, _AGAIN_SECONDS = 0.25, 10.0
_AGAIN, _FIRST_AGAIN, _PATHS, _TOO_MANY = 4, 9, 60, 429
# So long slow answers are waited for, of a route and of all, before one that answered gets no more.
_SLOW_OF_A_ROUTE, _SLOW_IN_ALL = 6.0, 45.0
# Of the time for some requests, what tells nothing yet of how long all of them take.
_TRUSTED = 0.25
# Of what is left of it, what sending each once may take where some are sent repeatedly.
_ONCE_EACH = 0.5
# How many are sent at the same time, and how often so many.
_TOGETHER, _TIMES = 6, 6
# What these get is a matter of the route alone.
_ONCE = frozenset({Client.PREFLIGHT, Client.HEAD, Client.PROXY})
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


def browser_headers(method: str, origin: str, language: str) -> dict[str, str]:
    """Give what a browser sends with the requests of a page of the application itself.

    Where this has an address of TLS, a proxy has ended that.
    """
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Accept-Language": language or _DEFAULT_LANGUAGE,
    }
    if origin.startswith(TLS):
        headers["X-Forwarded-Proto"] = "https"
    return headers if method in READING else {**headers, "Origin": origin}


def echoed_token(method: str, cookies: Mapping[str, str]) -> dict[str, str]:
    """Give the headers by which a page's script shows that it can read a cookie's token."""
    tokens = [one for name, one in cookies.items() if one and _AGAINST_FORGERY.search(name)]
    if method in READING or not tokens:
        return {}
    return dict.fromkeys(_ECHOES, tokens[-1])


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


def stored_steps(sent: Iterable[tuple[Step, Exchange]]) -> tuple[Step, ...]:
    """Give requests for what was not there until it was stored, and that store it once more.

    Who names the tag of another version is refused, where tags are compared (RFC 9110, 13.1.1).
    """
    absent: dict[str, Step] = {}
    stored: dict[str, Step] = {}
    tagged: set[str] = set()
    known: set[str] = set()
    for step, one in sent:
        known.add(step.name)
        if one.answer.headers.get("etag"):
            tagged.add(step.path)
        if step.method == "GET" and one.answer.status == _NOT_FOUND and not step.variation:
            absent[step.path] = step
        elif step.method in _STORES and one.answer.status in SUCCESS:
            stored.setdefault(step.path, step)
    found = [
        replace(step, variation=_STORED)
        for path, step in absent.items()
        if any(f"{path}/".startswith(f"{one}/") for one in stored)
    ]
    found += [
        replace(step, headers=(*step.headers, ("If-Match", _OTHER_TAG)), variation=_OF_ANOTHER)
        for path, step in stored.items()
        if path in tagged
    ]
    return tuple(step for step in found if step.name not in known)


class Repetition:
    """Decides, as a run goes on, as which further clients each request is sent."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[Client, str]] = Counter()
        self._counts: Counter[Client] = Counter()
        self._worked: set[str] = set()
        self._seconds = 0.0

    def of(self, step: Step, answer: Answer) -> tuple[Client, ...]:
        """Give the clients for a step by its first answer."""
        route = route_of(step.path)
        wanted = [
            client
            for client in _fitting(step, answer)
            if self._worth(client, route if client in _ONCE else step.kind)
        ]
        self._counts.update(wanted)
        again = [Client.AGAIN] * self._times(step, answer)
        self._seconds += len(again) * answer.seconds
        return (*wanted, *again)

    def _times(self, step: Step, answer: Answer) -> int:
        """Tell how often a request is to be sent again; other routes leave as many to each."""
        route = route_of(step.path)
        new = answer.status in SUCCESS and route not in self._worked
        new = new and len(self._worked) < _PATHS
        times = _FIRST_AGAIN if new else _AGAIN
        late = self._seconds + times * answer.seconds >= _AGAIN_SECONDS
        if late or not _is_quick(step, answer) or not (new or self._worth(Client.AGAIN, step.kind)):
            return 0
        if new:
            self._worked.add(route)
        else:
            self._counts[Client.AGAIN] += times
        return times

    def _worth(self, client: Client, alike: str) -> bool:
        """Tell whether a client is new to what is alike, and there are not too many already."""
        key = (client, alike)
        self._sent[key] += 1
        return self._sent[key] == 1 and self._counts[client] < _MOST[client]


class Patience:
    """Decides, as a run goes on, which further requests are worth their time.

    ``spent`` gives the share of the time for all requests that is over. Where what is left is too
    short for all, the ways to ask that are least needed are left out, everywhere alike.
    """

    def __init__(self, spent: Callable[[], float] = lambda: 0.0) -> None:
        self._slow: dict[tuple[str, str], float] = {}
        self._spent = spent
        self._places: dict[int, float] = {}
        self._begun, self._until, self._left, self._sent = 0.0, 1.0, 0, 0
        self._asked, self._firsts = 0.0, 0.0

    def begin(self, steps: Sequence[Step], until: float) -> None:
        """Share the time up to ``until`` among steps."""
        numbers = by_need(steps)
        self._places = {id(steps[one]): place / len(steps) for place, one in enumerate(numbers)}
        self._begun, self._until = self._spent(), until
        self._left, self._sent, self._firsts = len(steps), 0, 0.0

    def lasts_for(self, step: Step) -> bool:
        """Tell whether a step is to be sent: the first of its route is, and what others need."""
        now = self._asked = self._spent()
        self._left -= 1
        if now >= 1 or is_needed(step):
            return now < 1
        used, whole = now - self._begun, self._until - self._begun
        if self._sent and used > whole * _TRUSTED:
            affordable = (whole - used) * self._sent / used
            if self._places[id(step)] * (self._left + 1) >= affordable:
                return False
        spent = self._slow.get((step.method, step.path), 0.0)
        enough = spent >= _SLOW_OF_A_ROUTE or sum(self._slow.values()) >= _SLOW_IN_ALL
        return not (spent and enough) or step.last

    def lasts_for_more(self) -> bool:
        """Tell whether a step may be sent as other clients too: once each is half of the time."""
        now = self._spent()
        self._firsts += now - self._asked
        return self._left * self._firsts / (self._sent + 1) <= (self._until - now) * _ONCE_EACH

    def spend(self, step: Step, exchange: Exchange) -> None:
        """Count the seconds of slow answers."""
        waited = (one.seconds for one in exchange.answers if one.seconds > _QUICK_SECONDS)
        slow, route = self._slow, (step.method, step.path)
        slow[route] = slow.get(route, 0.0) + sum(waited)
        self._sent += 1


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


def wants_password(answer: Answer) -> bool:
    """Whether an answer asks for a name and a password (RFC 7617)."""
    asked = answer.headers.get("www-authenticate", "").lower()
    return answer.status == UNAUTHORIZED and asked.startswith("basic")


def named_account() -> str:
    """Give the header that names the account which forms and operations make (RFC 7617)."""
    usual = table(Samples).account
    pair = f"{usual.username}:{usual.password}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
