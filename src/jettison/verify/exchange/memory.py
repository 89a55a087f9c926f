"""What a run remembers of its responses for the requests that follow. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from jettison.verify.exchange import Answer
from jettison.verify.exchange.clients import SUCCESS, TLS
from jettison.verify.exchange.pages import json_links, objects
from jettison.verify.workload import Json
from jettison.verify.workload.openapi import tells_of_calls
from jettison.verify.workload.step import Remembered

_TOKENS = ("access_token", "access", "token", "auth_token", "jwt", "id_token", "accessToken", "key")
_IDS = ("id", "uuid", "pk", "guid", "_id", "slug", "name", "code")
# What a search is given, and under which names things say what they are called.
_SEARCHES = re.compile(r"^q$|query|search|term|keyword|filter", re.I)
_CALLED = ("name", "title", "label", "subject", "text")
_DEPTH = 4
# An object lists things by their names where it has so many or more.
_LISTED = 3
# Of so many objects at either end of a document values are remembered, and of so many in all.
_OF_ONE, _IN_ALL = 100, 20_000


class Memory:
    """Filled by ``learn``, asked by ``recall``. The newest value wins.

    ``redirects`` are where a page leads that was asked for, ``landings`` where a form leads to,
    ``schemas`` what GraphQL and Gradio tell of themselves, ``links`` what JSON leads to,
    ``reached`` the paths of steps that worked. The application's own addresses may begin with
    ``origin``, which gets the scheme of TLS where the application wants no other.
    """

    def __init__(self, origin: str = "") -> None:
        self.origin, self.token = origin, ""
        self.links: dict[str, tuple[str, ...]] = {}
        self.reached: set[str] = set()
        self.cookies: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self._shown_to: dict[str, dict[str, str]] = {}
        self.style_sheets: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.landings: dict[str, str] = {}
        self.schemas: dict[str, Json] = {}
        self._seen: list[tuple[str, dict[str, Json]]] = []
        self._made: list[tuple[str, dict[str, Json]]] = []
        self._keys: dict[str, list[str]] = {}
        self._texts: dict[str, list[str]] = {}

    @property
    def host(self) -> str:
        """The host and port of the origin."""
        return self.origin.partition("//")[2]

    def wants_tls(self, target: str, answer: Answer) -> bool:
        """Tell whether an answer leads to the same address behind TLS, which it is from then on."""
        secure = f"{TLS}{self.host}"
        if self.origin == secure or answer.headers.get("location") != f"{secure}{target}":
            return False
        self.origin = secure
        return True

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
        self._texts |= dict(_texts(path.rpartition("/")[2], document))
        found = [(path, values) for values in objects(document, _DEPTH)]
        if method == "POST":
            self._made = [*self._made, *found][-_OF_ONE:]
        # the last ones are those that hold the others
        self._seen += found[:_OF_ONE] + found[_OF_ONE:][-_OF_ONE:]
        del self._seen[:-_IN_ALL]

    def _see_page(self, path: str, answer: Answer) -> None:
        self.redirects.pop(path, None)
        if "location" in answer.headers:
            self.redirects[path] = self._own(answer.headers["location"])
        elif answer.status in SUCCESS and answer.content_type == "text/html":
            self.pages[path] = self._own(answer.body.decode("utf-8", "replace"))
            self._shown_to[path] = dict(self.cookies)
        elif answer.status in SUCCESS and answer.content_type == "text/css":
            self.style_sheets[path] = answer.body.decode("utf-8", "replace")

    def is_stale(self, page: str) -> bool:
        """Whether a page was met with other cookies, so that its hidden fields may not do."""
        return self._shown_to.get(page, self.cookies) != self.cookies

    def _own(self, text: str) -> str:
        return text.replace(f"{self.origin}/", "/") if self.origin else text

    def recall(self, wanted: Remembered) -> Json:
        """Give a value for a hole: of the same resource first, then of any with the same name."""
        found: dict[Json, None] = {}
        for value in self._recalled(wanted):
            found[value] = None
            if len(found) > wanted.back:
                break
        return next(reversed(found), wanted.otherwise)

    def _recalled(self, wanted: Remembered) -> Iterator[Json]:
        """Give fitting values, the newest of the nearest first."""
        if wanted.exact:
            yield from self._called(wanted)
            return
        newest = (self._seen + self._made if wanted.made else self._seen)[::-1]
        below = [one for one in newest if one[0].startswith(wanted.prefix)]
        # an id of what belongs to a thing is none of such a thing
        below.sort(key=lambda one: "/" in one[0][len(wanted.prefix) :].strip("/"))
        near = [values for _, values in below]
        for name in (wanted.name, *(_identifiers(wanted.name) if wanted.prefix else ())):
            found = (values[name] for values in near if _fits(values.get(name), wanted.otherwise))
            for first in found:
                yield first
                yield from found
                return
        yield from (values[wanted.name] for _, values in newest if wanted.name in values)
        stem = re.sub(r"_?(id|uuid|guid|pk)$", "", wanted.name, flags=re.I)
        about = re.compile(rf"/({_several(stem)})(/|$)", re.I)
        for path, values in newest if stem else ():
            if about.search(path):
                names = _identifiers(wanted.name)
                yield from [values[name] for name in names if name in values][:1]
        if isinstance(wanted.otherwise, str):
            yield from self._keys.get(wanted.prefix, ())
            yield from self._listed(wanted.name)

    def _called(self, wanted: Remembered) -> Iterator[Json]:
        """Give texts that have a name; for a search, what the things that it finds are called."""
        names = (wanted.name, *(_CALLED if _SEARCHES.search(wanted.name) else ()))
        newest = self._seen[::-1]
        near = [one for one in newest if one[0].startswith(wanted.prefix)]
        for name in names:
            for _, values in (*near, *newest):
                if isinstance(values.get(name), str) and values[name]:
                    yield values[name]
        yield from self._listed(wanted.name)

    def _listed(self, name: str) -> Iterator[str]:
        """Give the texts of a list that is called by the plural of a name."""
        plural = re.compile(_several(name), re.I)
        for known, texts in self._texts.items():
            yield from texts if plural.fullmatch(known) else ()


def _several(name: str) -> str:
    """Give a pattern of what things of a name may be called."""
    return rf"{re.escape(name)}(s|es)?|{re.escape(name.removesuffix('y'))}ies"


def _texts(name: str, document: Json, depth: int = _DEPTH) -> Iterator[tuple[str, list[str]]]:
    """Give the lists of nothing but texts, by the names that they have."""
    if isinstance(document, dict) and depth:
        for inner, one in document.items():
            yield from _texts(inner, one, depth - 1)
    elif isinstance(document, list) and document and all(isinstance(one, str) for one in document):
        yield name, document[:_OF_ONE]


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
