"""Requests as values, with holes that earlier responses fill; other values to train a trace on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from zlib import crc32

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.values import replace
from jettison.verify.workload import Interface, Json, Operation, find_account
from jettison.verify.workload.sample import Upload

# A placeholder, a number or an id, whole.
_ID = re.compile(
    r"(?<=/)(?:\{[^{}]+\}|\d+|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{16,})(?=/|$)", re.I
)


def route_of(path: str) -> str:
    """Give what paths to the same code share: no query, and ``#`` in place of numbers and ids."""
    return _ID.sub("#", path.partition("?")[0])


class Remembered(Struct, frozen=True, kw_only=True):
    """A value to be taken from an earlier answer, such as the id of what was created.

    Looked for under ``name`` in the answers of paths that begin with ``prefix``, then in all of
    them; ``otherwise`` is sent when there is none. ``back`` asks for an older one than the newest.
    ``exact`` takes no id in its place, but for a search what things are called. ``made`` prefers
    what ``POST`` has made to what lists hold.
    """

    name: str
    prefix: str
    otherwise: Json
    back: int = 0
    exact: bool = False
    made: bool = False


class Client(StrEnum):
    """As what a request is sent once more: each leads to other code, or to other headers."""

    PAGE = "page of another language"
    SCRIPT = "script of another origin"
    COMPRESSED = "client of brotli"
    CONDITIONAL = "conditional request"
    RANGE = "range request"
    HEAD = "HEAD"
    PREFLIGHT = "preflight"
    PROXY = "through a proxy"
    AGAIN = "again"


class HtmlForm(Struct, frozen=True, kw_only=True):
    """Hidden fields to be taken from the form number ``index`` on the page last got at ``page``."""

    page: str
    index: int


class Payload(Struct, frozen=True, kw_only=True):
    """A body before it is written: ``value`` is made of JSON values, Remembered and Uploads."""

    media_type: str
    value: Json


class Step(Struct, frozen=True, kw_only=True):
    """One request. ``path`` is a template; ``variation`` says which of several for one route it is.

    ``signs_in`` marks steps whose answer may hold the token that later steps send, ``last`` those
    that take away what others need, such as the session: they come after all that pages lead to.
    ``repeats`` are clients as which it is sent once more, at once. Steps in a row with the same
    number ``beside`` are sent at the same time.
    """

    method: str
    path: str
    variation: str = ""
    path_values: Mapping[str, Json] = field(default_factory=dict)
    query: tuple[tuple[str, Json], ...] = ()
    headers: tuple[tuple[str, Json], ...] = ()
    payload: Payload | None = None
    raw_body: bytes | None = None
    anonymous: bool = False
    signs_in: bool = False
    last: bool = False
    form: HtmlForm | None = None
    repeats: tuple[Client, ...] = ()
    beside: int = 0

    @property
    def name(self) -> str:
        """The route, and which of its requests this is."""
        said = f" ({self.variation})" if self.variation else ""
        return f"{self.method} {self.path}{said}"

    @property
    def kind(self) -> str:
        """The route and the variation, whichever page it was found on."""
        return f"{route_of(self.path)} {self.variation.partition(' /')[0]}"


NO_PAGE, NO_METHOD, NO_SLASH = "no such page", "another method", "another slash"
LONG = "long address"
"""Requests that no application serves: what it says then is its behaviour, too."""

FEWEST = 8
"""Where an application has fewer routes, none is withheld: each would be a kind of its own."""
_TEXTS = ("text/", "application/json")
# One of so many routes is withheld.
_SHARE = 5
_PLACEHOLDER = re.compile(r"\\\{[^{}]+\\\}")


class Training(Struct, frozen=True, kw_only=True):
    """Routes that a trace sees, and those that it does not, so that they can judge it."""

    seen: tuple[Operation, ...] = ()
    withheld: tuple[Operation, ...] = ()

    def steps(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Leave out what leads to a route that is withheld, and give other values to the rest."""
        for step in steps:
            path = step.path.partition("?")[0]
            seen = any(one.method == step.method and one.path == path for one in self.seen)
            if seen or not any(_leads(step.method, path, one) for one in self.withheld):
                yield _retold(step)


def training_of(interface: Interface) -> Training:
    """Withhold a fifth of the routes, always the same ones, but none by which somebody enters."""
    account = find_account(interface)
    entrances = (account.sign_up, account.login)
    routes = [one for one in interface.operations if one not in entrances]
    routes.sort(key=lambda one: (crc32(" ".join(one.key).encode()), one.key))
    share = len(routes) // _SHARE if len(routes) >= FEWEST else 0
    withheld = routes[:share]
    seen = tuple(one for one in interface.operations if one not in withheld)
    return Training(seen=seen, withheld=tuple(withheld))


def _leads(method: str, path: str, operation: Operation) -> bool:
    return method == operation.method and path_pattern(operation.path).fullmatch(path) is not None


@cache
def path_pattern(path: str) -> re.Pattern[str]:
    """Give what the paths of a template look like."""
    return re.compile(_PLACEHOLDER.sub("[^/]+", re.escape(path)))


def _retold(step: Step) -> Step:
    """Put other values in the place of the usual ones, and other content in files."""
    payload = step.payload
    if payload:
        payload = Payload(media_type=payload.media_type, value=_other(payload.value))
    return replace(
        step,
        path_values={name: _other(value) for name, value in step.path_values.items()},
        query=tuple((name, _other(value)) for name, value in step.query),
        headers=tuple((name, _other(value)) for name, value in step.headers),
        payload=payload,
    )


def _other(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _other(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_other(one) for one in value]
    if isinstance(value, Remembered):
        return replace(value, otherwise=_other(value.otherwise))
    if isinstance(value, Upload) and value.media_type.startswith(_TEXTS):
        words = value.content.decode()
        for usual, other in table(Samples).others.items():
            words = words.replace(usual, other)
        return replace(value, content=words.encode())
    return table(Samples).others.get(value, value) if isinstance(value, str) else value
